/* The formats' functions, for the table in formats.c. */
#ifndef LIB_EXPORT_H
#define LIB_EXPORT_H

#include "fa/export.h"

int json_put(struct fa_export *export, struct fa_record *record, struct fa_err *err);

int csv_begin(struct fa_export *export, struct fa_err *err);
int csv_put(struct fa_export *export, struct fa_record *record, struct fa_err *err);

int fairface_begin(struct fa_export *export, struct fa_err *err);
int fairface_put(struct fa_export *export, struct fa_record *record, struct fa_err *err);

int npy_begin(struct fa_export *export, struct fa_err *err);
int npy_put(struct fa_export *export, struct fa_record *record, struct fa_err *err);
int npy_end(struct fa_export *export, struct fa_err *err);
void npy_free(struct fa_npy *npy);

#endif
