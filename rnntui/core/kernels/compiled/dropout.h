/* Dropout's masks from random bits. */

/* `scale` with the numbers that are kept, else 0: those whose lower 24 bits are `least` or more. `bits` are 32 for each of
   `count` numbers, an even count, in pairs whose first lies in the upper half. */
static void NAME(mask)(const uint64_t *bits, int64_t count, int32_t least, float scale, float *mask) {
    const int64_t whole = count - count % LANES;
    for (int64_t k = 0; k < whole; k += LANES) {
        const W pairs = *(const NAME(X) *)(bits + k / 2);
        const I drawn = (I)(pairs << 32 | pairs >> 32) & 0xffffff;
        NAME(store)(mask + k, (V)((I)NAME(all)(scale) & (drawn >= least)));
    }
    for (int64_t k = whole; k < count; k++)
        mask[k] = (int32_t)(bits[k / 2] >> (k % 2 ? 0 : 32) & 0xffffff) >= least ? scale : 0.0f;
}
