/* Registers of one instruction set as vectors of floats, and e^x, σ and tanh of them. */

typedef float NAME(V) __attribute__((vector_size(LANES * 4)));
typedef float NAME(U) __attribute__((vector_size(LANES * 4), aligned(4), may_alias));
typedef int32_t NAME(I) __attribute__((vector_size(LANES * 4)));
typedef uint64_t NAME(W) __attribute__((vector_size(LANES * 4)));
typedef uint64_t NAME(X) __attribute__((vector_size(LANES * 4), aligned(8), may_alias));
#define V NAME(V)
#define I NAME(I)
#define W NAME(W)

static INLINE V NAME(load)(const float *p) { return *(const NAME(U) *)p; }
static INLINE void NAME(store)(float *p, V v) { *(NAME(U) *)p = v; }
static INLINE V NAME(all)(float a) { return a - (V){0}; }
static INLINE V NAME(either)(I where, V a, V b) { return (V)((where & (I)a) | (~where & (I)b)); }
/* x held between two numbers; NaN stays. */
static INLINE V NAME(clamped)(V x, float least, float most) {
#ifdef CLAMP
    return CLAMP(x, NAME(all)(least), NAME(all)(most));
#else
    x = NAME(either)(x < least, NAME(all)(least), x);
    return NAME(either)(x > most, NAME(all)(most), x);
#endif
}

/* e^x − 1 = 2^k (e^r − 1) + (2^k − 1) with x = k ln 2 + r: k as a power of two is `power`, e^r − 1 is returned.
   The polynomial errs by 1.4e-8 of its value. */
static INLINE V NAME(reduced)(V x, V *power) {
    const V magic = NAME(all)(12582912.0f); /* 1.5 · 2^23: added, it rounds to a whole number */
    V shifted = x * 1.4426950216293335f + magic;
    V k = shifted - magic;
    V r = x - k * 0.693145751953125f - k * 1.428606765330187e-06f;
    V q = 0.0013882515486329794f * r + 0.008366547524929047f;
    q = q * r + 0.04166720062494278f;
    q = q * r + 0.1666654348373413f;
    q = q * r + 0.4999999701976776f;
    *power = (V)(((I)shifted - (I)magic + 127) << 23);
    return q * (r * r) + r;
}

/* a / b for b in [1, 2^126]. A register of sixteen divisions takes as many cycles; an estimate to fourteen bits, a step of
   Newton's and a correction of the quotient take five and err by hardly more. */
static INLINE V NAME(quotient)(V a, V b) {
#ifdef ESTIMATE
    const V guess = ESTIMATE(b), inverse = guess + guess * (1.0f - b * guess), q = a * inverse;
    return q + inverse * (a - q * b);
#else
    return a / b;
#endif
}

/* For x in [−87, 88.3]; below, the value at −87 (1.6e-38); above, that at 88.3. NaN stays. */
static INLINE V NAME(exp)(V x) {
    V power;
    V e = NAME(reduced)(NAME(clamped)(x, -87.0f, 88.3f), &power);
    return power * e + power;
}

/* 1 / (1 + e^−x); below −87 the value there, 1.6e-38. */
static INLINE V NAME(sigmoid)(V x) {
    V power;
    V e = NAME(reduced)(-NAME(clamped)(x, -87.0f, 87.0f), &power);
    return NAME(quotient)(NAME(all)(1.0f), power * e + (power + 1.0f));
}

/* |tanh x| = e / (e + 2) with e = e^2|x| − 1, in which nothing cancels; and tanh −x = −tanh x to the bit. */
static INLINE V NAME(tanh)(V x) {
    V power;
    const I sign = (I)x & (int32_t)0x80000000;
    const V size = NAME(clamped)((V)((I)x & 0x7fffffff), 0.0f, 10.0f);
    V e = NAME(reduced)(size + size, &power);
    e = power * e + (power - 1.0f);
    return (V)((I)NAME(quotient)(e, e + 2.0f) | sign);
}

#define EACH(f)                                                                                                        \
    static void NAME(f##_of)(const float *x, float *y, int64_t count) {                                                \
        for (int64_t k = 0; k < count; k += LANES) NAME(store)(y + k, NAME(f)(NAME(load)(x + k)));                     \
    }
EACH(tanh)
EACH(sigmoid)
EACH(exp)
#undef EACH
