#pragma once

/// Marks a loop for which the compiler also makes an AVX2 version, chosen when the program starts. Empty where that is
/// not at hand; sanitizers cannot run inside the resolvers it needs.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)
#define ESACT_VECTOR_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define ESACT_VECTOR_CLONES
#endif
