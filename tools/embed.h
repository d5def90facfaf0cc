/* Between the files of fa-embed. */
#ifndef FA_TOOLS_EMBED_H
#define FA_TOOLS_EMBED_H

#include "cli.h"
#include "fa/card.h"
#include "fa/embed.h"
#include "fa/stream.h"

/* Crops cut for another network are refused: they would give vectors, but not those that a head was trained on. */
void embed_check_crops(const struct fa_header *crops, const struct fa_card *card);

/* What was known about the crops stays in the header; the vectors' own facts come to it. */
void embed_make_header(struct fa_header *header, struct fa_arena *arena, const struct fa_header *crops, const struct fa_card *card,
                       const struct fa_embedder *embedder);

/* Prints the paths of the card that -m names and of its weights, one a line. */
void embed_print_files(const struct fa_card *card, const char *model, const char *weights);

/* Prints what the networks of a card, or the network in a file, consist of; or how long each step takes, for batches of so many
 * images, 0: as fa_exec_batch() has it. flags: of fa_net_open(). */
void embed_describe(const char *model, const char *weights, const struct cli_list *set, unsigned flags, bool profile, size_t batch);

#endif
