#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>

#include "fa/par.h"

/* Quota of cgroup v2 ("max 100000" or "150000 100000") rounded up to whole processors; 0 for none. */
static unsigned cgroup_quota(void)
{
    double quota = 0, period = 0;
    FILE *file = fopen("/sys/fs/cgroup/cpu.max", "re");
    if (!file)
        return 0;
    int n = fscanf(file, "%lf %lf", &quota, &period);
    fclose(file);
    return n == 2 && quota > 0 && period > 0 ? (unsigned)((quota + period - 1) / period) : 0;
}

unsigned fa_par_cores(void)
{
    cpu_set_t set;
    unsigned cores = 1, quota = cgroup_quota();
    if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0)
        cores = (unsigned)CPU_COUNT(&set);
    return quota && quota < cores ? quota : cores;
}
