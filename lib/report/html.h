/* Text that goes into a page or a drawing. */
#ifndef FA_REPORT_HTML_H
#define FA_REPORT_HTML_H

#include <stdio.h>

#include "fa/eval.h"

/* Escaped for elements and quoted attributes of HTML and SVG; what is no UTF-8 or no character of XML becomes U+FFFD. */
void html_text(FILE *file, const char *text);

/* At most n characters of it, the last of more an ellipsis. */
void html_short(FILE *file, const char *text, size_t n);

/* Characters of UTF-8. */
size_t html_length(const char *text);

void html_base64(FILE *file, const unsigned char *bytes, size_t n);

/* `86.2 %`, or a dash where there is no value. */
void html_percent(FILE *file, double fraction);

/* The same with its interval: `86.2 % (79.9 to 90.7)`. */
void html_estimate(FILE *file, struct fa_estimate estimate);

#endif
