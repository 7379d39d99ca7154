// The tables of the instruction sets that this file is built for.
#pragma once
#include "table.h"

namespace sigil::native {

#if defined(__x86_64__) || defined(_M_X64)
extern const Table avx2_table;
extern const Table avx512_table;
/// In place of what those have for bfloat16 and int8.
extern const Product avx_int8;
extern const Product avx512_int8;
extern const Product avx512_bfloat16;
extern const Product amx_bfloat16;
extern const Product amx_int8;
#elif defined(__aarch64__) || defined(_M_ARM64)
extern const Table neon_table;
/// In place of what neon_table has for bfloat16 and int8.
extern const Product neon_int8;
extern const Product neon_bfloat16;
extern const Product neon_int8_blocks;
extern const Product neon_bfloat16_blocks;
#endif

}  // namespace sigil::native
