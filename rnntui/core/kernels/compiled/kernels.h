/* What the kernels and their callers share: one layer over a sequence, and the table of functions of an instruction set.

   All buffers belong to the caller. Units are padded to a multiple of `lanes()`: a row of h, c or dh has `units`
   numbers, those from n on are zero. Gates lie as the registers do: tile by tile of `lanes` units, gate by gate within
   a tile. `x` rows may be longer than d. */

#ifndef RNNTUI_KERNELS_H
#define RNNTUI_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "open_units.h"

/* What Python was written for: raised with whatever it must know, as structs, functions and how buffers lie. A library
   that was built before a `git pull` is refused by it, where it would compute nonsense. */
#define INTERFACE 6

typedef struct {
    int64_t T, B, d, n, units;
    int64_t fresh;        /* 1: the state before the first step is zero, and its products are left out */
    int64_t keeps;        /* 0: nothing is kept for the way back, and `gates` and `c` hold one step */
    int64_t x_stride;     /* numbers from one row of x to the next */
    const int64_t *index; /* (T, B), each in [0, d), or NULL where the inputs are values */
    const float *x;       /* (T, B, d), or NULL where the inputs are indices */
    const float *entrance; /* what input and bias add to the gates: a row for each index, or the bias alone */
    const float *wx;      /* W_x in panels, for values */
    const float *wh;      /* W_h in panels */
    const float *bh;      /* a GRU's b_gh, (units) */
    const float *wback;   /* W_h in panels for the way back */
    float *h;             /* (T + 1, B, units), the first the state before */
    float *c;             /* (T + 1, B, units), an LSTM's cell states likewise; or (1, B, …), written over */
    float *gates;         /* (T, B, gates kept, units) in tiles, or (1, B, …) */
    const float *dh_each; /* (T, B, units): what the loss takes from each output, or NULL */
    const float *mask;    /* (B, units): what h is multiplied by where it enters the products of the next step, or NULL */
    float *h_masked;      /* (T + 1, B, units): h times the mask, the first that of the state before; or NULL */
    float *dh;            /* (B, units): in, ∂L/∂h(T) beside dh_each; out, ∂L/∂h(0) */
    float *dc;            /* (B, units): in, ∂L/∂c(T); out, ∂L/∂c(0) */
    float *dgates;        /* (T, B, blocks, units): ∂L/∂ of what goes into each gate; an LSTM's are its `gates` */
    /* With layer normalisation, where `dgates` are ∂L/∂ of what the state adds, and dc of a GRU is room. Gates lie in tiles
       in an LSTM, one after the other in a GRU and an RNN. */
    const float *valid;      /* (units): 1, and 0 where a unit is padding */
    const float *gain;       /* (gates, units): of what the state adds; as all gains and shifts zero in the padding */
    const float *gain_input; /* the same of what values add; that of indices is normalised in `entrance` */
    const float *cell_gain;  /* (units), an LSTM's, as the shift */
    const float *cell_shift; /* (units) */
    float *normed;           /* (T, B, gates, units): what the state adds, normalised; or (1, B, …) */
    float *stats;            /* (T, B, 3): what was divided by, and an LSTM's mean of c; or (1, B, …) */
    float *da;               /* (T, B, gates, units): ∂L/∂ of the gates' arguments */
    float *dgain;            /* (B, gates, units): in, zeros; out, ∂L/∂gain */
    float *dcell;            /* (B, 2, units): likewise ∂L/∂ of cell_gain and cell_shift; of a GRU's bh, the first */
} Layer;

/* A network that reads one index after the other and writes: its layers, T = B = 1 and without buffers, and its
   read-out, in panels. A state is h and, of an LSTM, c of each layer, (units) each, one after the other. */
typedef struct {
    int64_t cell, count, outputs; /* outputs are padded as units are */
    const Layer *layers;
    const float *panels, *bias;
} Network;

/* A read-out W h + b of `rows` rows, with the index that each should point to. */
typedef struct {
    int64_t rows, n, units, outputs, padded;
    const float *w, *b, *h;
    const int64_t *targets;
    float *dw, *db, *dh, *room;
} Readout;

typedef struct {
    int64_t count;
    float scale;        /* of the gradient: clipping */
    float rate;         /* the learning rate; Adam's, divided by the correction of the mean */
    float keep_mean;    /* Adam's β1 */
    float keep_squares; /* RMSprop's α, Adam's β2 */
    float take_mean;    /* 1 − β1, and 1 − β2 or 1 − α: not from the rounded β */
    float take_squares;
    float root;         /* Adam's: 1 / √ of the correction of the squares */
    float epsilon;
    float shrink; /* 1 − rate · weight decay */
} Update;

/* One of the two products that meet in a tile: rows of a, `stride` apart, times a panel of `depth` rows. One that is none
   has no depth. */
typedef struct {
    const float *a;
    int64_t stride;
    const float *panel;
    int64_t depth;
} Factor;

typedef struct {
    const char *name;
    int64_t lanes;
    void (*lstm_forward)(const Layer *, int64_t, int64_t);
    void (*lstm_backward)(const Layer *, int64_t, int64_t);
    void (*gru_forward)(const Layer *, int64_t, int64_t);
    void (*gru_backward)(const Layer *, int64_t, int64_t);
    void (*rnn_forward)(const Layer *, int64_t, int64_t);
    void (*rnn_backward)(const Layer *, int64_t, int64_t);
    void (*normed_lstm_forward)(const Layer *, int64_t, int64_t);
    void (*normed_lstm_backward)(const Layer *, int64_t, int64_t);
    void (*normed_gru_forward)(const Layer *, int64_t, int64_t);
    void (*normed_gru_backward)(const Layer *, int64_t, int64_t);
    void (*normed_rnn_forward)(const Layer *, int64_t, int64_t);
    void (*normed_rnn_backward)(const Layer *, int64_t, int64_t);
    void (*open_forward)(const OpenUnits *, int64_t, int64_t);
    void (*open_back)(const OpenUnits *, int64_t, int64_t);
    void (*open_gradients)(const OpenUnits *, int64_t, int64_t);
    void (*open_both)(const OpenUnits *);
    void (*linear)(const float *, const float *, const float *, int64_t, int64_t, float *);
    void (*add_rows)(const float *, int64_t, int64_t, int64_t, const int64_t *, float *);
    void (*cross_entropy)(float *, const int64_t *, int64_t, int64_t, int64_t, double *, int64_t *);
    void (*readout)(const Readout *, double *, int64_t *);
    void (*mask)(const uint64_t *, int64_t, int32_t, float, float *);
    double (*squares)(const float *, int64_t);
    void (*rmsprop)(const Update *, float *, const float *, float *);
    void (*adam)(const Update *, float *, const float *, float *, float *);
    void (*tanh_of)(const float *, float *, int64_t);
    void (*sigmoid_of)(const float *, float *, int64_t);
    void (*exp_of)(const float *, float *, int64_t);
} Kernels;

#endif
