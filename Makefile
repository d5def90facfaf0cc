# make          build everything into build/
# make run      set up, build, get the default weights, run the main job on what the repository carries
# make test     the same set-up, then all tests
# make install  PREFIX= DESTDIR=
# Every room of lib/ and every tool is listed below with what it stands on.

B       ?= build
PREFIX  ?= /usr/local
VERSION := 0.1.0

CC      ?= cc
CFLAGS  ?= -O3 -g
SAN     ?=
MULTI   := $(shell $(CC) -print-multiarch)
PKGS    := vips msgpack libxxhash
THIRD   := $(patsubst -I%,-isystem %,$(shell pkg-config --cflags $(PKGS) 2>/dev/null)) -isystem /usr/include/$(MULTI)/blis-serial
WARN    := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla
ALL_CFLAGS = -std=c11 -D_POSIX_C_SOURCE=200809L -DFA_VERSION='"$(VERSION)"' -DFA_PREFIX='"$(PREFIX)"' -Iinclude $(THIRD) \
          $(WARN) -ffp-contract=off -pthread $(CFLAGS) $(SAN)
LIBS    := -Wl,--as-needed $(shell pkg-config --libs $(PKGS) 2>/dev/null) -L/usr/lib/$(MULTI)/blis-serial -lblis -lcsv -lm -pthread

room     = $(patsubst %.c,$B/%.o,$(sort $(wildcard lib/$1/*.c)))
base    := $(call room,base)
stream  := $(call room,stream) $(base)
table   := $(call room,table) $(base)
image   := $(call room,image) $(base)
tensor  := $(call room,tensor) $(base)
net     := $(call room,net) $(tensor)
face    := $(call room,face) $(net) $(image)
head    := $(call room,head) $(tensor) $(stream) $(table)
eval    := $(call room,eval) $(stream) $(table)
cli     := $(patsubst %.c,$B/%.o,$(filter-out tools/fa-%.c,$(wildcard tools/*.c))) $(stream)

TOOLS   := $(patsubst tools/%.c,$B/%,$(sort $(wildcard tools/fa-*.c)))
UNIT    := $(patsubst tests/unit/%.c,$B/tests/%,$(sort $(wildcard tests/unit/test_*.c)))
MANS    := $(sort $(wildcard man/*.[1-9]))

all: $(TOOLS)

$B/fa-align:     $(cli) $(table) $(face)
$B/fa-embed:     $(cli) $(net)
$B/fa-train:     $(cli) $(head)
$B/fa-predict:   $(cli) $(head)
$B/fa-confusion: $(cli) $(eval)
$B/fa-cat:       $(cli) $(head) $(eval) $(image)

$(TOOLS): $B/fa-%: $B/tools/fa-%.o
	$(CC) $(SAN) $(LDFLAGS) -o $@ $(sort $^) $(LIBS)

# The unit tests may use every room.
$B/libfa.a: $(base) $(stream) $(table) $(image) $(net) $(face) $(head) $(eval)
	rm -f $@ && $(AR) rcs $@ $(sort $^)
$(UNIT): $B/tests/%: $B/tests/unit/%.o $B/libfa.a
	$(CC) $(SAN) $(LDFLAGS) -o $@ $^ -lcmocka $(LIBS)

$B/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# What the objects were compiled with: other flags or another version rebuild them.
$(shell mkdir -p $B; echo '$(CC) $(ALL_CFLAGS)' | cmp -s - $B/flags || echo '$(CC) $(ALL_CFLAGS)' >$B/flags)
$(patsubst %.c,$B/%.o,$(wildcard lib/*/*.c tools/*.c tests/unit/*.c)): $B/flags

-include $(patsubst %.c,$B/%.d,$(wildcard lib/*/*.c tools/*.c tests/unit/*.c))

clean:
	rm -rf $B

.PHONY: all clean
.SECONDARY:
