/* A Phased LSTM over a sequence: which units are open at each step is given, and these alone are worked on. Kept apart
   from `kernels.h`, since nothing else knows of it. */

#ifndef RNNTUI_OPEN_UNITS_H
#define RNNTUI_OPEN_UNITS_H

#include <stdint.h>

/* M pairs of a step and a unit that is open at it, step after step; those of step t are `bounds[t]` … `bounds[t + 1]`, their
   units ascending. Rows of h and dh have `units` numbers, n padded to whole registers, those from n on are zero;
   rows of dwx and dx have `inputs`, d padded likewise; where inputs are indices, rows of dwx have d. */
typedef struct {
    int64_t T, B, d, n, units, inputs;
    int64_t padded;         /* B, padded likewise */
    int64_t most;           /* the largest number of units that are open at once */
    int64_t keeps;          /* 0: nothing is kept for the way back */
    int64_t spread;         /* 1: `delta` and `share` hold all pairs; 0: those of one step */
    int64_t x_stride;       /* numbers from one row of x to the next */
    const int64_t *bounds;  /* (T + 1) */
    const int64_t *open;    /* (M), units */
    const int64_t *index;   /* (T, B), each in [0, d), or NULL where the inputs are values */
    const float *x;         /* (T, B, d), or NULL where the inputs are indices */
    const float *k;         /* (M), how open */
    const float *wx, *wh, *b; /* the cell's, (4n, d), (4n, n) and (4n), of the gates i, f, g, o */
    float *h;               /* (T + 1, B, units), the first the state before */
    float *c;               /* (n, padded): in, the cell state before; out, the last */
    float *room;            /* 4 · most + d + n numbers for each of `padded` sequences; on the way back, most */
    float *kept;            /* (M, 7, B): i, f, g, o, tanh c, and c and h before the step */
    const float *dh_each;   /* (T, B, units): what the loss takes from each output, or NULL */
    float *dh;              /* (B, units): in, ∂L/∂h(T) beside dh_each; out, ∂L/∂h(0) */
    float *dc;              /* (n, padded), likewise */
    float *delta;           /* (·, 4, B): ∂L/∂ of what goes into each gate of a pair */
    float *share;           /* (·, B): each sequence's part of ∂L/∂k */
    float *dwx, *dwh, *db;  /* (4n, inputs), (4n, units) and (4n), added to */
    float *dk;              /* (M), or NULL */
    float *dx;              /* (T, B, inputs), zeros, or NULL */
} OpenUnits;

#endif
