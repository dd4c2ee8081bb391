/* The kernels of one instruction set. Included once for each: `NAME(f)` is f's name in it, `LANES` the floats of a
   register, `ROWS` the sequences that are worked on at once, so that ROWS × 4 sums and 4 weights fit its registers. */

#include "vectors.h"
#include "tiles.h"
#include "lstm.h"
#include "gru.h"
#include "rnn.h"
#include "layer_norm.h"
#include "normed_lstm.h"
#include "normed_rnn.h"
#include "normed_gru.h"
#include "phased.h"
#include "readout.h"
#include "dropout.h"
#include "optimizers.h"

#undef BACKWARD
#undef EACH_TILE
#undef TILE
#undef GROUP

static const Kernels NAME(kernels) = {
    .name = ISA, .lanes = LANES,
    .lstm_forward = NAME(lstm_forward), .lstm_backward = NAME(lstm_backward),
    .gru_forward = NAME(gru_forward), .gru_backward = NAME(gru_backward),
    .rnn_forward = NAME(rnn_forward), .rnn_backward = NAME(rnn_backward),
    .normed_lstm_forward = NAME(normed_lstm_forward), .normed_lstm_backward = NAME(normed_lstm_backward),
    .normed_gru_forward = NAME(normed_gru_forward), .normed_gru_backward = NAME(normed_gru_backward),
    .normed_rnn_forward = NAME(normed_rnn_forward), .normed_rnn_backward = NAME(normed_rnn_backward),
    .open_forward = NAME(open_forward), .open_back = NAME(open_back),
    .open_gradients = NAME(open_gradients), .open_both = NAME(open_both),
    .linear = NAME(linear), .add_rows = NAME(add_rows), .cross_entropy = NAME(cross_entropy), .readout = NAME(readout),
    .mask = NAME(mask), .squares = NAME(squares), .rmsprop = NAME(rmsprop), .adam = NAME(adam),
    .tanh_of = NAME(tanh_of), .sigmoid_of = NAME(sigmoid_of), .exp_of = NAME(exp_of),
};

#undef V
#undef I
#undef W
