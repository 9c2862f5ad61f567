// Debian's parser. On x86-64 with the instructions that look at 16 characters at once, which every such
// processor has had since 2011 (SSE 4.2); its sources have a way of their own for them, which takes and
// refuses the same.
#if defined(__x86_64__) && !defined(__SSE4_2__)
#define __SSE4_2__ 1
#endif
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("sse4.2"))), apply_to = function)
#endif
#include "/usr/share/llhttp/llhttp.c"
#if defined(__x86_64__)
#pragma clang attribute pop
#endif
