/* The formats' functions, for the table in formats.c. */
#ifndef LIB_EXPORT_H
#define LIB_EXPORT_H

#include "fa/export.h"

int json_begin(const struct fa_export *export, struct fa_err *err);
int json_put(const struct fa_export *export, struct fa_record *record, struct fa_err *err);
int csv_begin(const struct fa_export *export, struct fa_err *err);
int csv_put(const struct fa_export *export, struct fa_record *record, struct fa_err *err);
int fairface_begin(const struct fa_export *export, struct fa_err *err);
int fairface_put(const struct fa_export *export, struct fa_record *record, struct fa_err *err);

#endif
