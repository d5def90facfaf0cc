#include "graph.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct net_attr *net_attr_find(struct net_node *node, const char *name)
{
    for (size_t i = 0; i < node->nattrs; i++)
        if (strcmp(node->attr[i].name, name) == 0)
            return &node->attr[i];
    return NULL;
}

static struct net_attr *typed(struct net_reading *r, const char *name, enum net_attr_type type)
{
    struct net_attr *attr = net_attr_find(r->node, name);
    if (!attr)
        return NULL;
    attr->read = true;
    if (attr->type == type)
        return attr;
    net_attr_refuse(r, "attribute %s has the wrong type", name);
    return NULL;
}

int64_t net_attr_int(struct net_reading *r, const char *name, int64_t otherwise)
{
    const struct net_attr *attr = typed(r, name, NET_ATTR_INT);
    return attr ? attr->i : otherwise;
}

float net_attr_float(struct net_reading *r, const char *name, float otherwise)
{
    const struct net_attr *attr = typed(r, name, NET_ATTR_FLOAT);
    return attr ? attr->f : otherwise;
}

const char *net_attr_string(struct net_reading *r, const char *name, const char *otherwise)
{
    const struct net_attr *attr = typed(r, name, NET_ATTR_STRING);
    return attr ? attr->s : otherwise;
}

const int64_t *net_attr_ints(struct net_reading *r, const char *name, size_t *n)
{
    const struct net_attr *attr = typed(r, name, NET_ATTR_INTS);
    *n = attr ? attr->n : 0;
    return attr ? attr->ints : NULL;
}

struct net_constant *net_attr_tensor(struct net_reading *r, const char *name)
{
    const struct net_attr *attr = typed(r, name, NET_ATTR_TENSOR);
    return attr ? attr->tensor : NULL;
}

int net_attr_refuse(struct net_reading *r, const char *format, ...)
{
    char cause[512];
    va_list args;
    if (r->failed)
        return -1;
    va_start(args, format);
    vsnprintf(cause, sizeof cause, format, args);
    va_end(args);
    r->failed = true;
    return net_node_error(r->graph, r->node, r->err, "%s", cause);
}

static void show_value(const struct net_attr *attr, char *text, size_t size)
{
    switch (attr->type) {
    case NET_ATTR_INT:
        snprintf(text, size, "=%lld", (long long)attr->i);
        break;
    case NET_ATTR_FLOAT:
        snprintf(text, size, "=%g", (double)attr->f);
        break;
    case NET_ATTR_STRING:
        snprintf(text, size, "=%.80s", attr->s);
        break;
    default:
        text[0] = '\0';
    }
}

int net_attr_done(struct net_reading *r)
{
    for (size_t i = 0; i < r->node->nattrs && !r->failed; i++)
        if (!r->node->attr[i].read) {
            char value[128];
            show_value(&r->node->attr[i], value, sizeof value);
            net_attr_refuse(r, "unsupported attribute %.80s%s", r->node->attr[i].name, value);
        }
    return r->failed ? -1 : 0;
}
