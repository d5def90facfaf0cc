/* Colours and type of page and drawings. */
#ifndef FA_REPORT_STYLE_H
#define FA_REPORT_STYLE_H

#include <stdbool.h>
#include <stdio.h>

/* The rules for drawings; literal: with the light colours in place of variables, which not every program knows. */
void style_drawing(FILE *file, bool literal);

/* The rules for the page, those for drawings among them. */
void style_page(FILE *file);

#endif
