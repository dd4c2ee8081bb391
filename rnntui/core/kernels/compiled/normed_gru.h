/* The GRU with layer normalisation, forward and backward: r and z together, the candidate by itself. Its gates lie one
   after the other: r of all units, z, g. They are kept. */

KEEP(gru, 3 * L->units, tile * LANES, L->units)

static void NAME(normed_gru_row)(const Layer *L, int64_t t, int64_t b) {
    const int64_t units = L->units, row = t * L->B + b, keep = L->keeps ? row : b, last = 2 * units;
    const float *in = L->entrance + (L->index ? L->index[row] * 3 * units : 0), *before = L->h + row * units;
    float *normed = L->normed + keep * 3 * units, *kept = L->gates + keep * 3 * units, *stats = L->stats + keep * STATS;
    const float of_both = stats[0] = NAME(centre)(L, normed, 2, 1, units);
    const float of_candidate = stats[1] = NAME(centre)(L, normed + last, 1, 1, 0);
    const float of_input[] = {L->x ? NAME(centre)(L, kept, 2, 1, units) : 0.0f,
                              L->x ? NAME(centre)(L, kept + last, 1, 1, 0) : 0.0f};
    for (int64_t u = 0; u < units; u += LANES) {
        V from_state[3], from_input[3];
        UNROLL for (int v = 0; v < 3; v++) {
            const int64_t at = v * units + u;
            const V x = NAME(load)(normed + at) * (v < 2 ? of_both : of_candidate);
            NAME(store)(normed + at, x);
            from_state[v] = x * NAME(load)(L->gain + at);
            from_input[v] = NAME(load)(in + at);
            if (L->x) from_input[v] += NAME(load)(kept + at) * of_input[v / 2] * NAME(load)(L->gain_input + at);
        }
        const V r = NAME(sigmoid)(from_state[0] + from_input[0]), z = NAME(sigmoid)(from_state[1] + from_input[1]);
        const V g = NAME(tanh)(from_input[2] + r * (from_state[2] + NAME(load)(L->bh + u)));
        NAME(store)(kept + u, r);
        NAME(store)(kept + units + u, z);
        NAME(store)(kept + last + u, g);
        NAME(give)(L, row, b, u, g + z * (NAME(load)(before + u) - g));
    }
}

static void NAME(normed_gru_forward)(const Layer *L, int64_t from, int64_t to) {
    float sums[GROUP * 4 * LANES];
    for (int64_t t = 0; t < L->T; t++) {
        for (int64_t tile = 0; tile < L->units / LANES; tile++)
            TILE(NAME(state_factor)(L, t, tile, 3, factors), NAME(multiply_32), NAME(keep_gru_state), 3)
        if (L->x)
            for (int64_t tile = 0; tile < L->units / LANES; tile++)
                TILE(NAME(input_factor)(L, t, tile, 3, factors), NAME(multiply_32), NAME(keep_gru_input), 3)
        for (int64_t b = from; b < to; b++) NAME(normed_gru_row)(L, t, b);
    }
}

/* ∂L/∂h(t), whole, into dh, where dh ⊙ z of the step after stands. */
static void NAME(normed_gru_back_tile)(const Layer *L, int64_t t, int64_t b, int64_t tile, const float *sums,
                                       int64_t rows, int64_t wide) {
    const int64_t units = L->units;
    for (int64_t r = 0; r < rows; r++) for (int64_t v = 0; v < wide; v++) {
        const int64_t unit = (tile + v) * LANES, carried = (b + r) * units + unit;
        V dh = NAME(through)(L, b + r, unit, sums + (4 * r + v) * LANES) + NAME(load)(L->dh + carried);
        if (L->dh_each) dh += NAME(load)(L->dh_each + (t * L->B + b + r) * units + unit);
        NAME(store)(L->dh + carried, dh);
    }
}

/* What the state adds to r and z has the gradient of these; to the candidate, r times it: du, which stands in dc between
   the two passes. */
static void NAME(normed_gru_back_row)(const Layer *L, int64_t t, int64_t b) {
    const int64_t units = L->units, row = t * L->B + b, last = 2 * units;
    const float *kept = L->gates + row * 3 * units, *normed = L->normed + row * 3 * units, *before = L->h + row * units;
    const float *stats = L->stats + row * STATS, *gain = L->gain, share = 1.0f / (float)L->n;
    float *da = L->da + row * 3 * units, *ds = L->dgates + row * 3 * units, *dgain = L->dgain + b * 3 * units;
    float *dh = L->dh + b * units, *du = L->dc + b * units, *dbh = L->dcell + b * 2 * units;
    V sum = {0}, product = {0}, sum_of_candidate = {0}, product_of_candidate = {0};
    for (int64_t u = 0; u < units; u += LANES) {
        const V r = NAME(load)(kept + u), z = NAME(load)(kept + units + u), g = NAME(load)(kept + last + u);
        const V x_r = NAME(load)(normed + u), x_z = NAME(load)(normed + units + u), x = NAME(load)(normed + last + u);
        const V gain_g = NAME(load)(gain + last + u), d = NAME(load)(dh + u), s = x * gain_g + NAME(load)(L->bh + u);
        const V dg = d * (1.0f - z) * (1.0f - g * g), dr = dg * s * (r * (1.0f - r)), ds_g = dg * r;
        const V dz = d * (NAME(load)(before + u) - g) * (z * (1.0f - z));
        NAME(store)(da + u, dr);
        NAME(store)(da + units + u, dz);
        NAME(store)(da + last + u, dg);
        NAME(store)(du + u, ds_g);
        NAME(store)(dh + u, d * z);
        NAME(store)(dgain + u, NAME(load)(dgain + u) + dr * x_r);
        NAME(store)(dgain + units + u, NAME(load)(dgain + units + u) + dz * x_z);
        NAME(store)(dgain + last + u, NAME(load)(dgain + last + u) + ds_g * x);
        NAME(store)(dbh + u, NAME(load)(dbh + u) + ds_g);
        const V d_r = dr * NAME(load)(gain + u), d_z = dz * NAME(load)(gain + units + u), d_g = ds_g * gain_g;
        sum += d_r + d_z;
        product += d_r * x_r + d_z * x_z;
        sum_of_candidate += d_g;
        product_of_candidate += d_g * x;
    }
    const float of_both[] = {NAME(sum)(sum) * 0.5f * share, NAME(sum)(product) * 0.5f * share};
    const float of_candidate[] = {NAME(sum)(sum_of_candidate) * share, NAME(sum)(product_of_candidate) * share};
    for (int64_t u = 0; u < units; u += LANES) {
        const V valid = NAME(load)(L->valid + u);
        UNROLL for (int v = 0; v < 3; v++) {
            const int64_t at = v * units + u;
            const float *of = v < 2 ? of_both : of_candidate;
            const V d = NAME(load)(v < 2 ? da + at : du + u) * NAME(load)(gain + at);
            NAME(store)(ds + at, NAME(through_norm)(d, NAME(load)(normed + at), of[0], of[1], valid, stats[v / 2]));
        }
    }
}

NORMED_BACKWARD(gru, 3, NAME(normed_gru_back_tile), NAME(first_tile_beside))

#undef KEEP
#undef NORMED_BACKWARD
#undef EPSILON
#undef STATS
