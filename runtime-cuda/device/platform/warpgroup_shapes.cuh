// Written by scripts/generate-warpgroup-shapes.mjs: wgmma.mma_async.m64nNk16, float32 sums. PTX
// ISA 9.7.15.5.
#pragma once
#include "platform/numbers.cuh"

#define SIGIL_SUMS_16 "{%0, %1, %2, %3, %4, %5, %6, %7}"
#define SIGIL_HELD_16(s) \
  "+f"(s[0]), "+f"(s[1]), "+f"(s[2]), "+f"(s[3]), "+f"(s[4]), "+f"(s[5]), "+f"(s[6]), "+f"(s[7])
#define SIGIL_SUMS_32 "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15}"
#define SIGIL_HELD_32(s)                                                                          \
  "+f"(s[0]), "+f"(s[1]), "+f"(s[2]), "+f"(s[3]), "+f"(s[4]), "+f"(s[5]), "+f"(s[6]), "+f"(s[7]), \
      "+f"(s[8]), "+f"(s[9]), "+f"(s[10]), "+f"(s[11]), "+f"(s[12]), "+f"(s[13]), "+f"(s[14]),    \
      "+f"(s[15])
#define SIGIL_SUMS_48                                                                           \
  "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, " \
  "%20, %21, %22, %23}"
#define SIGIL_HELD_48(s)                                                                          \
  "+f"(s[0]), "+f"(s[1]), "+f"(s[2]), "+f"(s[3]), "+f"(s[4]), "+f"(s[5]), "+f"(s[6]), "+f"(s[7]), \
      "+f"(s[8]), "+f"(s[9]), "+f"(s[10]), "+f"(s[11]), "+f"(s[12]), "+f"(s[13]), "+f"(s[14]),    \
      "+f"(s[15]), "+f"(s[16]), "+f"(s[17]), "+f"(s[18]), "+f"(s[19]), "+f"(s[20]), "+f"(s[21]),  \
      "+f"(s[22]), "+f"(s[23])
#define SIGIL_SUMS_64                                                                           \
  "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, " \
  "%20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31}"
#define SIGIL_HELD_64(s)                                                                          \
  "+f"(s[0]), "+f"(s[1]), "+f"(s[2]), "+f"(s[3]), "+f"(s[4]), "+f"(s[5]), "+f"(s[6]), "+f"(s[7]), \
      "+f"(s[8]), "+f"(s[9]), "+f"(s[10]), "+f"(s[11]), "+f"(s[12]), "+f"(s[13]), "+f"(s[14]),    \
      "+f"(s[15]), "+f"(s[16]), "+f"(s[17]), "+f"(s[18]), "+f"(s[19]), "+f"(s[20]), "+f"(s[21]),  \
      "+f"(s[22]), "+f"(s[23]), "+f"(s[24]), "+f"(s[25]), "+f"(s[26]), "+f"(s[27]), "+f"(s[28]),  \
      "+f"(s[29]), "+f"(s[30]), "+f"(s[31])
#define SIGIL_SUMS_72                                                                           \
  "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, " \
  "%20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, %32, %33, %34, %35}"
#define SIGIL_HELD_72(s)                                                                          \
  "+f"(s[0]), "+f"(s[1]), "+f"(s[2]), "+f"(s[3]), "+f"(s[4]), "+f"(s[5]), "+f"(s[6]), "+f"(s[7]), \
      "+f"(s[8]), "+f"(s[9]), "+f"(s[10]), "+f"(s[11]), "+f"(s[12]), "+f"(s[13]), "+f"(s[14]),    \
      "+f"(s[15]), "+f"(s[16]), "+f"(s[17]), "+f"(s[18]), "+f"(s[19]), "+f"(s[20]), "+f"(s[21]),  \
      "+f"(s[22]), "+f"(s[23]), "+f"(s[24]), "+f"(s[25]), "+f"(s[26]), "+f"(s[27]), "+f"(s[28]),  \
      "+f"(s[29]), "+f"(s[30]), "+f"(s[31]), "+f"(s[32]), "+f"(s[33]), "+f"(s[34]), "+f"(s[35])
#define SIGIL_SUMS_80                                                                           \
  "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, " \
  "%20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, %32, %33, %34, %35, %36, %37, "  \
  "%38, %39}"
#define SIGIL_HELD_80(s)                                                                          \
  "+f"(s[0]), "+f"(s[1]), "+f"(s[2]), "+f"(s[3]), "+f"(s[4]), "+f"(s[5]), "+f"(s[6]), "+f"(s[7]), \
      "+f"(s[8]), "+f"(s[9]), "+f"(s[10]), "+f"(s[11]), "+f"(s[12]), "+f"(s[13]), "+f"(s[14]),    \
      "+f"(s[15]), "+f"(s[16]), "+f"(s[17]), "+f"(s[18]), "+f"(s[19]), "+f"(s[20]), "+f"(s[21]),  \
      "+f"(s[22]), "+f"(s[23]), "+f"(s[24]), "+f"(s[25]), "+f"(s[26]), "+f"(s[27]), "+f"(s[28]),  \
      "+f"(s[29]), "+f"(s[30]), "+f"(s[31]), "+f"(s[32]), "+f"(s[33]), "+f"(s[34]), "+f"(s[35]),  \
      "+f"(s[36]), "+f"(s[37]), "+f"(s[38]), "+f"(s[39])
#define SIGIL_SUMS_96                                                                           \
  "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, " \
  "%20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, %32, %33, %34, %35, %36, %37, "  \
  "%38, %39, %40, %41, %42, %43, %44, %45, %46, %47}"
#define SIGIL_HELD_96(s)                                                                          \
  "+f"(s[0]), "+f"(s[1]), "+f"(s[2]), "+f"(s[3]), "+f"(s[4]), "+f"(s[5]), "+f"(s[6]), "+f"(s[7]), \
      "+f"(s[8]), "+f"(s[9]), "+f"(s[10]), "+f"(s[11]), "+f"(s[12]), "+f"(s[13]), "+f"(s[14]),    \
      "+f"(s[15]), "+f"(s[16]), "+f"(s[17]), "+f"(s[18]), "+f"(s[19]), "+f"(s[20]), "+f"(s[21]),  \
      "+f"(s[22]), "+f"(s[23]), "+f"(s[24]), "+f"(s[25]), "+f"(s[26]), "+f"(s[27]), "+f"(s[28]),  \
      "+f"(s[29]), "+f"(s[30]), "+f"(s[31]), "+f"(s[32]), "+f"(s[33]), "+f"(s[34]), "+f"(s[35]),  \
      "+f"(s[36]), "+f"(s[37]), "+f"(s[38]), "+f"(s[39]), "+f"(s[40]), "+f"(s[41]), "+f"(s[42]),  \
      "+f"(s[43]), "+f"(s[44]), "+f"(s[45]), "+f"(s[46]), "+f"(s[47])
#define SIGIL_SUMS_112                                                                          \
  "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, " \
  "%20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, %32, %33, %34, %35, %36, %37, "  \
  "%38, %39, %40, %41, %42, %43, %44, %45, %46, %47, %48, %49, %50, %51, %52, %53, %54, %55}"
#define SIGIL_HELD_112(s)                                                                         \
  "+f"(s[0]), "+f"(s[1]), "+f"(s[2]), "+f"(s[3]), "+f"(s[4]), "+f"(s[5]), "+f"(s[6]), "+f"(s[7]), \
      "+f"(s[8]), "+f"(s[9]), "+f"(s[10]), "+f"(s[11]), "+f"(s[12]), "+f"(s[13]), "+f"(s[14]),    \
      "+f"(s[15]), "+f"(s[16]), "+f"(s[17]), "+f"(s[18]), "+f"(s[19]), "+f"(s[20]), "+f"(s[21]),  \
      "+f"(s[22]), "+f"(s[23]), "+f"(s[24]), "+f"(s[25]), "+f"(s[26]), "+f"(s[27]), "+f"(s[28]),  \
      "+f"(s[29]), "+f"(s[30]), "+f"(s[31]), "+f"(s[32]), "+f"(s[33]), "+f"(s[34]), "+f"(s[35]),  \
      "+f"(s[36]), "+f"(s[37]), "+f"(s[38]), "+f"(s[39]), "+f"(s[40]), "+f"(s[41]), "+f"(s[42]),  \
      "+f"(s[43]), "+f"(s[44]), "+f"(s[45]), "+f"(s[46]), "+f"(s[47]), "+f"(s[48]), "+f"(s[49]),  \
      "+f"(s[50]), "+f"(s[51]), "+f"(s[52]), "+f"(s[53]), "+f"(s[54]), "+f"(s[55])
#define SIGIL_SUMS_128                                                                          \
  "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, " \
  "%20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, %32, %33, %34, %35, %36, %37, "  \
  "%38, %39, %40, %41, %42, %43, %44, %45, %46, %47, %48, %49, %50, %51, %52, %53, %54, %55, "  \
  "%56, %57, %58, %59, %60, %61, %62, %63}"
#define SIGIL_HELD_128(s)                                                                         \
  "+f"(s[0]), "+f"(s[1]), "+f"(s[2]), "+f"(s[3]), "+f"(s[4]), "+f"(s[5]), "+f"(s[6]), "+f"(s[7]), \
      "+f"(s[8]), "+f"(s[9]), "+f"(s[10]), "+f"(s[11]), "+f"(s[12]), "+f"(s[13]), "+f"(s[14]),    \
      "+f"(s[15]), "+f"(s[16]), "+f"(s[17]), "+f"(s[18]), "+f"(s[19]), "+f"(s[20]), "+f"(s[21]),  \
      "+f"(s[22]), "+f"(s[23]), "+f"(s[24]), "+f"(s[25]), "+f"(s[26]), "+f"(s[27]), "+f"(s[28]),  \
      "+f"(s[29]), "+f"(s[30]), "+f"(s[31]), "+f"(s[32]), "+f"(s[33]), "+f"(s[34]), "+f"(s[35]),  \
      "+f"(s[36]), "+f"(s[37]), "+f"(s[38]), "+f"(s[39]), "+f"(s[40]), "+f"(s[41]), "+f"(s[42]),  \
      "+f"(s[43]), "+f"(s[44]), "+f"(s[45]), "+f"(s[46]), "+f"(s[47]), "+f"(s[48]), "+f"(s[49]),  \
      "+f"(s[50]), "+f"(s[51]), "+f"(s[52]), "+f"(s[53]), "+f"(s[54]), "+f"(s[55]), "+f"(s[56]),  \
      "+f"(s[57]), "+f"(s[58]), "+f"(s[59]), "+f"(s[60]), "+f"(s[61]), "+f"(s[62]), "+f"(s[63])
#define SIGIL_SUMS_144                                                                          \
  "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, " \
  "%20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, %32, %33, %34, %35, %36, %37, "  \
  "%38, %39, %40, %41, %42, %43, %44, %45, %46, %47, %48, %49, %50, %51, %52, %53, %54, %55, "  \
  "%56, %57, %58, %59, %60, %61, %62, %63, %64, %65, %66, %67, %68, %69, %70, %71}"
#define SIGIL_HELD_144(s)                                                                         \
  "+f"(s[0]), "+f"(s[1]), "+f"(s[2]), "+f"(s[3]), "+f"(s[4]), "+f"(s[5]), "+f"(s[6]), "+f"(s[7]), \
      "+f"(s[8]), "+f"(s[9]), "+f"(s[10]), "+f"(s[11]), "+f"(s[12]), "+f"(s[13]), "+f"(s[14]),    \
      "+f"(s[15]), "+f"(s[16]), "+f"(s[17]), "+f"(s[18]), "+f"(s[19]), "+f"(s[20]), "+f"(s[21]),  \
      "+f"(s[22]), "+f"(s[23]), "+f"(s[24]), "+f"(s[25]), "+f"(s[26]), "+f"(s[27]), "+f"(s[28]),  \
      "+f"(s[29]), "+f"(s[30]), "+f"(s[31]), "+f"(s[32]), "+f"(s[33]), "+f"(s[34]), "+f"(s[35]),  \
      "+f"(s[36]), "+f"(s[37]), "+f"(s[38]), "+f"(s[39]), "+f"(s[40]), "+f"(s[41]), "+f"(s[42]),  \
      "+f"(s[43]), "+f"(s[44]), "+f"(s[45]), "+f"(s[46]), "+f"(s[47]), "+f"(s[48]), "+f"(s[49]),  \
      "+f"(s[50]), "+f"(s[51]), "+f"(s[52]), "+f"(s[53]), "+f"(s[54]), "+f"(s[55]), "+f"(s[56]),  \
      "+f"(s[57]), "+f"(s[58]), "+f"(s[59]), "+f"(s[60]), "+f"(s[61]), "+f"(s[62]), "+f"(s[63]),  \
      "+f"(s[64]), "+f"(s[65]), "+f"(s[66]), "+f"(s[67]), "+f"(s[68]), "+f"(s[69]), "+f"(s[70]),  \
      "+f"(s[71])
#define SIGIL_SUMS_160                                                                          \
  "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, " \
  "%20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, %32, %33, %34, %35, %36, %37, "  \
  "%38, %39, %40, %41, %42, %43, %44, %45, %46, %47, %48, %49, %50, %51, %52, %53, %54, %55, "  \
  "%56, %57, %58, %59, %60, %61, %62, %63, %64, %65, %66, %67, %68, %69, %70, %71, %72, %73, "  \
  "%74, %75, %76, %77, %78, %79}"
#define SIGIL_HELD_160(s)                                                                         \
  "+f"(s[0]), "+f"(s[1]), "+f"(s[2]), "+f"(s[3]), "+f"(s[4]), "+f"(s[5]), "+f"(s[6]), "+f"(s[7]), \
      "+f"(s[8]), "+f"(s[9]), "+f"(s[10]), "+f"(s[11]), "+f"(s[12]), "+f"(s[13]), "+f"(s[14]),    \
      "+f"(s[15]), "+f"(s[16]), "+f"(s[17]), "+f"(s[18]), "+f"(s[19]), "+f"(s[20]), "+f"(s[21]),  \
      "+f"(s[22]), "+f"(s[23]), "+f"(s[24]), "+f"(s[25]), "+f"(s[26]), "+f"(s[27]), "+f"(s[28]),  \
      "+f"(s[29]), "+f"(s[30]), "+f"(s[31]), "+f"(s[32]), "+f"(s[33]), "+f"(s[34]), "+f"(s[35]),  \
      "+f"(s[36]), "+f"(s[37]), "+f"(s[38]), "+f"(s[39]), "+f"(s[40]), "+f"(s[41]), "+f"(s[42]),  \
      "+f"(s[43]), "+f"(s[44]), "+f"(s[45]), "+f"(s[46]), "+f"(s[47]), "+f"(s[48]), "+f"(s[49]),  \
      "+f"(s[50]), "+f"(s[51]), "+f"(s[52]), "+f"(s[53]), "+f"(s[54]), "+f"(s[55]), "+f"(s[56]),  \
      "+f"(s[57]), "+f"(s[58]), "+f"(s[59]), "+f"(s[60]), "+f"(s[61]), "+f"(s[62]), "+f"(s[63]),  \
      "+f"(s[64]), "+f"(s[65]), "+f"(s[66]), "+f"(s[67]), "+f"(s[68]), "+f"(s[69]), "+f"(s[70]),  \
      "+f"(s[71]), "+f"(s[72]), "+f"(s[73]), "+f"(s[74]), "+f"(s[75]), "+f"(s[76]), "+f"(s[77]),  \
      "+f"(s[78]), "+f"(s[79])
#define SIGIL_SUMS_176                                                                          \
  "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, " \
  "%20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, %32, %33, %34, %35, %36, %37, "  \
  "%38, %39, %40, %41, %42, %43, %44, %45, %46, %47, %48, %49, %50, %51, %52, %53, %54, %55, "  \
  "%56, %57, %58, %59, %60, %61, %62, %63, %64, %65, %66, %67, %68, %69, %70, %71, %72, %73, "  \
  "%74, %75, %76, %77, %78, %79, %80, %81, %82, %83, %84, %85, %86, %87}"
#define SIGIL_HELD_176(s)                                                                         \
  "+f"(s[0]), "+f"(s[1]), "+f"(s[2]), "+f"(s[3]), "+f"(s[4]), "+f"(s[5]), "+f"(s[6]), "+f"(s[7]), \
      "+f"(s[8]), "+f"(s[9]), "+f"(s[10]), "+f"(s[11]), "+f"(s[12]), "+f"(s[13]), "+f"(s[14]),    \
      "+f"(s[15]), "+f"(s[16]), "+f"(s[17]), "+f"(s[18]), "+f"(s[19]), "+f"(s[20]), "+f"(s[21]),  \
      "+f"(s[22]), "+f"(s[23]), "+f"(s[24]), "+f"(s[25]), "+f"(s[26]), "+f"(s[27]), "+f"(s[28]),  \
      "+f"(s[29]), "+f"(s[30]), "+f"(s[31]), "+f"(s[32]), "+f"(s[33]), "+f"(s[34]), "+f"(s[35]),  \
      "+f"(s[36]), "+f"(s[37]), "+f"(s[38]), "+f"(s[39]), "+f"(s[40]), "+f"(s[41]), "+f"(s[42]),  \
      "+f"(s[43]), "+f"(s[44]), "+f"(s[45]), "+f"(s[46]), "+f"(s[47]), "+f"(s[48]), "+f"(s[49]),  \
      "+f"(s[50]), "+f"(s[51]), "+f"(s[52]), "+f"(s[53]), "+f"(s[54]), "+f"(s[55]), "+f"(s[56]),  \
      "+f"(s[57]), "+f"(s[58]), "+f"(s[59]), "+f"(s[60]), "+f"(s[61]), "+f"(s[62]), "+f"(s[63]),  \
      "+f"(s[64]), "+f"(s[65]), "+f"(s[66]), "+f"(s[67]), "+f"(s[68]), "+f"(s[69]), "+f"(s[70]),  \
      "+f"(s[71]), "+f"(s[72]), "+f"(s[73]), "+f"(s[74]), "+f"(s[75]), "+f"(s[76]), "+f"(s[77]),  \
      "+f"(s[78]), "+f"(s[79]), "+f"(s[80]), "+f"(s[81]), "+f"(s[82]), "+f"(s[83]), "+f"(s[84]),  \
      "+f"(s[85]), "+f"(s[86]), "+f"(s[87])
#define SIGIL_SUMS_192                                                                          \
  "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, " \
  "%20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, %32, %33, %34, %35, %36, %37, "  \
  "%38, %39, %40, %41, %42, %43, %44, %45, %46, %47, %48, %49, %50, %51, %52, %53, %54, %55, "  \
  "%56, %57, %58, %59, %60, %61, %62, %63, %64, %65, %66, %67, %68, %69, %70, %71, %72, %73, "  \
  "%74, %75, %76, %77, %78, %79, %80, %81, %82, %83, %84, %85, %86, %87, %88, %89, %90, %91, "  \
  "%92, %93, %94, %95}"
#define SIGIL_HELD_192(s)                                                                         \
  "+f"(s[0]), "+f"(s[1]), "+f"(s[2]), "+f"(s[3]), "+f"(s[4]), "+f"(s[5]), "+f"(s[6]), "+f"(s[7]), \
      "+f"(s[8]), "+f"(s[9]), "+f"(s[10]), "+f"(s[11]), "+f"(s[12]), "+f"(s[13]), "+f"(s[14]),    \
      "+f"(s[15]), "+f"(s[16]), "+f"(s[17]), "+f"(s[18]), "+f"(s[19]), "+f"(s[20]), "+f"(s[21]),  \
      "+f"(s[22]), "+f"(s[23]), "+f"(s[24]), "+f"(s[25]), "+f"(s[26]), "+f"(s[27]), "+f"(s[28]),  \
      "+f"(s[29]), "+f"(s[30]), "+f"(s[31]), "+f"(s[32]), "+f"(s[33]), "+f"(s[34]), "+f"(s[35]),  \
      "+f"(s[36]), "+f"(s[37]), "+f"(s[38]), "+f"(s[39]), "+f"(s[40]), "+f"(s[41]), "+f"(s[42]),  \
      "+f"(s[43]), "+f"(s[44]), "+f"(s[45]), "+f"(s[46]), "+f"(s[47]), "+f"(s[48]), "+f"(s[49]),  \
      "+f"(s[50]), "+f"(s[51]), "+f"(s[52]), "+f"(s[53]), "+f"(s[54]), "+f"(s[55]), "+f"(s[56]),  \
      "+f"(s[57]), "+f"(s[58]), "+f"(s[59]), "+f"(s[60]), "+f"(s[61]), "+f"(s[62]), "+f"(s[63]),  \
      "+f"(s[64]), "+f"(s[65]), "+f"(s[66]), "+f"(s[67]), "+f"(s[68]), "+f"(s[69]), "+f"(s[70]),  \
      "+f"(s[71]), "+f"(s[72]), "+f"(s[73]), "+f"(s[74]), "+f"(s[75]), "+f"(s[76]), "+f"(s[77]),  \
      "+f"(s[78]), "+f"(s[79]), "+f"(s[80]), "+f"(s[81]), "+f"(s[82]), "+f"(s[83]), "+f"(s[84]),  \
      "+f"(s[85]), "+f"(s[86]), "+f"(s[87]), "+f"(s[88]), "+f"(s[89]), "+f"(s[90]), "+f"(s[91]),  \
      "+f"(s[92]), "+f"(s[93]), "+f"(s[94]), "+f"(s[95])
#define SIGIL_SUMS_208                                                                          \
  "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, " \
  "%20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, %32, %33, %34, %35, %36, %37, "  \
  "%38, %39, %40, %41, %42, %43, %44, %45, %46, %47, %48, %49, %50, %51, %52, %53, %54, %55, "  \
  "%56, %57, %58, %59, %60, %61, %62, %63, %64, %65, %66, %67, %68, %69, %70, %71, %72, %73, "  \
  "%74, %75, %76, %77, %78, %79, %80, %81, %82, %83, %84, %85, %86, %87, %88, %89, %90, %91, "  \
  "%92, %93, %94, %95, %96, %97, %98, %99, %100, %101, %102, %103}"
#define SIGIL_HELD_208(s)                                                                         \
  "+f"(s[0]), "+f"(s[1]), "+f"(s[2]), "+f"(s[3]), "+f"(s[4]), "+f"(s[5]), "+f"(s[6]), "+f"(s[7]), \
      "+f"(s[8]), "+f"(s[9]), "+f"(s[10]), "+f"(s[11]), "+f"(s[12]), "+f"(s[13]), "+f"(s[14]),    \
      "+f"(s[15]), "+f"(s[16]), "+f"(s[17]), "+f"(s[18]), "+f"(s[19]), "+f"(s[20]), "+f"(s[21]),  \
      "+f"(s[22]), "+f"(s[23]), "+f"(s[24]), "+f"(s[25]), "+f"(s[26]), "+f"(s[27]), "+f"(s[28]),  \
      "+f"(s[29]), "+f"(s[30]), "+f"(s[31]), "+f"(s[32]), "+f"(s[33]), "+f"(s[34]), "+f"(s[35]),  \
      "+f"(s[36]), "+f"(s[37]), "+f"(s[38]), "+f"(s[39]), "+f"(s[40]), "+f"(s[41]), "+f"(s[42]),  \
      "+f"(s[43]), "+f"(s[44]), "+f"(s[45]), "+f"(s[46]), "+f"(s[47]), "+f"(s[48]), "+f"(s[49]),  \
      "+f"(s[50]), "+f"(s[51]), "+f"(s[52]), "+f"(s[53]), "+f"(s[54]), "+f"(s[55]), "+f"(s[56]),  \
      "+f"(s[57]), "+f"(s[58]), "+f"(s[59]), "+f"(s[60]), "+f"(s[61]), "+f"(s[62]), "+f"(s[63]),  \
      "+f"(s[64]), "+f"(s[65]), "+f"(s[66]), "+f"(s[67]), "+f"(s[68]), "+f"(s[69]), "+f"(s[70]),  \
      "+f"(s[71]), "+f"(s[72]), "+f"(s[73]), "+f"(s[74]), "+f"(s[75]), "+f"(s[76]), "+f"(s[77]),  \
      "+f"(s[78]), "+f"(s[79]), "+f"(s[80]), "+f"(s[81]), "+f"(s[82]), "+f"(s[83]), "+f"(s[84]),  \
      "+f"(s[85]), "+f"(s[86]), "+f"(s[87]), "+f"(s[88]), "+f"(s[89]), "+f"(s[90]), "+f"(s[91]),  \
      "+f"(s[92]), "+f"(s[93]), "+f"(s[94]), "+f"(s[95]), "+f"(s[96]), "+f"(s[97]), "+f"(s[98]),  \
      "+f"(s[99]), "+f"(s[100]), "+f"(s[101]), "+f"(s[102]), "+f"(s[103])
#define SIGIL_SUMS_224                                                                             \
  "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, "    \
  "%20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, %32, %33, %34, %35, %36, %37, "     \
  "%38, %39, %40, %41, %42, %43, %44, %45, %46, %47, %48, %49, %50, %51, %52, %53, %54, %55, "     \
  "%56, %57, %58, %59, %60, %61, %62, %63, %64, %65, %66, %67, %68, %69, %70, %71, %72, %73, "     \
  "%74, %75, %76, %77, %78, %79, %80, %81, %82, %83, %84, %85, %86, %87, %88, %89, %90, %91, "     \
  "%92, %93, %94, %95, %96, %97, %98, %99, %100, %101, %102, %103, %104, %105, %106, %107, %108, " \
  "%109, %110, %111}"
#define SIGIL_HELD_224(s)                                                                         \
  "+f"(s[0]), "+f"(s[1]), "+f"(s[2]), "+f"(s[3]), "+f"(s[4]), "+f"(s[5]), "+f"(s[6]), "+f"(s[7]), \
      "+f"(s[8]), "+f"(s[9]), "+f"(s[10]), "+f"(s[11]), "+f"(s[12]), "+f"(s[13]), "+f"(s[14]),    \
      "+f"(s[15]), "+f"(s[16]), "+f"(s[17]), "+f"(s[18]), "+f"(s[19]), "+f"(s[20]), "+f"(s[21]),  \
      "+f"(s[22]), "+f"(s[23]), "+f"(s[24]), "+f"(s[25]), "+f"(s[26]), "+f"(s[27]), "+f"(s[28]),  \
      "+f"(s[29]), "+f"(s[30]), "+f"(s[31]), "+f"(s[32]), "+f"(s[33]), "+f"(s[34]), "+f"(s[35]),  \
      "+f"(s[36]), "+f"(s[37]), "+f"(s[38]), "+f"(s[39]), "+f"(s[40]), "+f"(s[41]), "+f"(s[42]),  \
      "+f"(s[43]), "+f"(s[44]), "+f"(s[45]), "+f"(s[46]), "+f"(s[47]), "+f"(s[48]), "+f"(s[49]),  \
      "+f"(s[50]), "+f"(s[51]), "+f"(s[52]), "+f"(s[53]), "+f"(s[54]), "+f"(s[55]), "+f"(s[56]),  \
      "+f"(s[57]), "+f"(s[58]), "+f"(s[59]), "+f"(s[60]), "+f"(s[61]), "+f"(s[62]), "+f"(s[63]),  \
      "+f"(s[64]), "+f"(s[65]), "+f"(s[66]), "+f"(s[67]), "+f"(s[68]), "+f"(s[69]), "+f"(s[70]),  \
      "+f"(s[71]), "+f"(s[72]), "+f"(s[73]), "+f"(s[74]), "+f"(s[75]), "+f"(s[76]), "+f"(s[77]),  \
      "+f"(s[78]), "+f"(s[79]), "+f"(s[80]), "+f"(s[81]), "+f"(s[82]), "+f"(s[83]), "+f"(s[84]),  \
      "+f"(s[85]), "+f"(s[86]), "+f"(s[87]), "+f"(s[88]), "+f"(s[89]), "+f"(s[90]), "+f"(s[91]),  \
      "+f"(s[92]), "+f"(s[93]), "+f"(s[94]), "+f"(s[95]), "+f"(s[96]), "+f"(s[97]), "+f"(s[98]),  \
      "+f"(s[99]), "+f"(s[100]), "+f"(s[101]), "+f"(s[102]), "+f"(s[103]), "+f"(s[104]),          \
      "+f"(s[105]), "+f"(s[106]), "+f"(s[107]), "+f"(s[108]), "+f"(s[109]), "+f"(s[110]),         \
      "+f"(s[111])
#define SIGIL_SUMS_240                                                                             \
  "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, "    \
  "%20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, %32, %33, %34, %35, %36, %37, "     \
  "%38, %39, %40, %41, %42, %43, %44, %45, %46, %47, %48, %49, %50, %51, %52, %53, %54, %55, "     \
  "%56, %57, %58, %59, %60, %61, %62, %63, %64, %65, %66, %67, %68, %69, %70, %71, %72, %73, "     \
  "%74, %75, %76, %77, %78, %79, %80, %81, %82, %83, %84, %85, %86, %87, %88, %89, %90, %91, "     \
  "%92, %93, %94, %95, %96, %97, %98, %99, %100, %101, %102, %103, %104, %105, %106, %107, %108, " \
  "%109, %110, %111, %112, %113, %114, %115, %116, %117, %118, %119}"
#define SIGIL_HELD_240(s)                                                                         \
  "+f"(s[0]), "+f"(s[1]), "+f"(s[2]), "+f"(s[3]), "+f"(s[4]), "+f"(s[5]), "+f"(s[6]), "+f"(s[7]), \
      "+f"(s[8]), "+f"(s[9]), "+f"(s[10]), "+f"(s[11]), "+f"(s[12]), "+f"(s[13]), "+f"(s[14]),    \
      "+f"(s[15]), "+f"(s[16]), "+f"(s[17]), "+f"(s[18]), "+f"(s[19]), "+f"(s[20]), "+f"(s[21]),  \
      "+f"(s[22]), "+f"(s[23]), "+f"(s[24]), "+f"(s[25]), "+f"(s[26]), "+f"(s[27]), "+f"(s[28]),  \
      "+f"(s[29]), "+f"(s[30]), "+f"(s[31]), "+f"(s[32]), "+f"(s[33]), "+f"(s[34]), "+f"(s[35]),  \
      "+f"(s[36]), "+f"(s[37]), "+f"(s[38]), "+f"(s[39]), "+f"(s[40]), "+f"(s[41]), "+f"(s[42]),  \
      "+f"(s[43]), "+f"(s[44]), "+f"(s[45]), "+f"(s[46]), "+f"(s[47]), "+f"(s[48]), "+f"(s[49]),  \
      "+f"(s[50]), "+f"(s[51]), "+f"(s[52]), "+f"(s[53]), "+f"(s[54]), "+f"(s[55]), "+f"(s[56]),  \
      "+f"(s[57]), "+f"(s[58]), "+f"(s[59]), "+f"(s[60]), "+f"(s[61]), "+f"(s[62]), "+f"(s[63]),  \
      "+f"(s[64]), "+f"(s[65]), "+f"(s[66]), "+f"(s[67]), "+f"(s[68]), "+f"(s[69]), "+f"(s[70]),  \
      "+f"(s[71]), "+f"(s[72]), "+f"(s[73]), "+f"(s[74]), "+f"(s[75]), "+f"(s[76]), "+f"(s[77]),  \
      "+f"(s[78]), "+f"(s[79]), "+f"(s[80]), "+f"(s[81]), "+f"(s[82]), "+f"(s[83]), "+f"(s[84]),  \
      "+f"(s[85]), "+f"(s[86]), "+f"(s[87]), "+f"(s[88]), "+f"(s[89]), "+f"(s[90]), "+f"(s[91]),  \
      "+f"(s[92]), "+f"(s[93]), "+f"(s[94]), "+f"(s[95]), "+f"(s[96]), "+f"(s[97]), "+f"(s[98]),  \
      "+f"(s[99]), "+f"(s[100]), "+f"(s[101]), "+f"(s[102]), "+f"(s[103]), "+f"(s[104]),          \
      "+f"(s[105]), "+f"(s[106]), "+f"(s[107]), "+f"(s[108]), "+f"(s[109]), "+f"(s[110]),         \
      "+f"(s[111]), "+f"(s[112]), "+f"(s[113]), "+f"(s[114]), "+f"(s[115]), "+f"(s[116]),         \
      "+f"(s[117]), "+f"(s[118]), "+f"(s[119])
#define SIGIL_SUMS_256                                                                             \
  "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, "    \
  "%20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, %32, %33, %34, %35, %36, %37, "     \
  "%38, %39, %40, %41, %42, %43, %44, %45, %46, %47, %48, %49, %50, %51, %52, %53, %54, %55, "     \
  "%56, %57, %58, %59, %60, %61, %62, %63, %64, %65, %66, %67, %68, %69, %70, %71, %72, %73, "     \
  "%74, %75, %76, %77, %78, %79, %80, %81, %82, %83, %84, %85, %86, %87, %88, %89, %90, %91, "     \
  "%92, %93, %94, %95, %96, %97, %98, %99, %100, %101, %102, %103, %104, %105, %106, %107, %108, " \
  "%109, %110, %111, %112, %113, %114, %115, %116, %117, %118, %119, %120, %121, %122, %123, "     \
  "%124, %125, %126, %127}"
#define SIGIL_HELD_256(s)                                                                         \
  "+f"(s[0]), "+f"(s[1]), "+f"(s[2]), "+f"(s[3]), "+f"(s[4]), "+f"(s[5]), "+f"(s[6]), "+f"(s[7]), \
      "+f"(s[8]), "+f"(s[9]), "+f"(s[10]), "+f"(s[11]), "+f"(s[12]), "+f"(s[13]), "+f"(s[14]),    \
      "+f"(s[15]), "+f"(s[16]), "+f"(s[17]), "+f"(s[18]), "+f"(s[19]), "+f"(s[20]), "+f"(s[21]),  \
      "+f"(s[22]), "+f"(s[23]), "+f"(s[24]), "+f"(s[25]), "+f"(s[26]), "+f"(s[27]), "+f"(s[28]),  \
      "+f"(s[29]), "+f"(s[30]), "+f"(s[31]), "+f"(s[32]), "+f"(s[33]), "+f"(s[34]), "+f"(s[35]),  \
      "+f"(s[36]), "+f"(s[37]), "+f"(s[38]), "+f"(s[39]), "+f"(s[40]), "+f"(s[41]), "+f"(s[42]),  \
      "+f"(s[43]), "+f"(s[44]), "+f"(s[45]), "+f"(s[46]), "+f"(s[47]), "+f"(s[48]), "+f"(s[49]),  \
      "+f"(s[50]), "+f"(s[51]), "+f"(s[52]), "+f"(s[53]), "+f"(s[54]), "+f"(s[55]), "+f"(s[56]),  \
      "+f"(s[57]), "+f"(s[58]), "+f"(s[59]), "+f"(s[60]), "+f"(s[61]), "+f"(s[62]), "+f"(s[63]),  \
      "+f"(s[64]), "+f"(s[65]), "+f"(s[66]), "+f"(s[67]), "+f"(s[68]), "+f"(s[69]), "+f"(s[70]),  \
      "+f"(s[71]), "+f"(s[72]), "+f"(s[73]), "+f"(s[74]), "+f"(s[75]), "+f"(s[76]), "+f"(s[77]),  \
      "+f"(s[78]), "+f"(s[79]), "+f"(s[80]), "+f"(s[81]), "+f"(s[82]), "+f"(s[83]), "+f"(s[84]),  \
      "+f"(s[85]), "+f"(s[86]), "+f"(s[87]), "+f"(s[88]), "+f"(s[89]), "+f"(s[90]), "+f"(s[91]),  \
      "+f"(s[92]), "+f"(s[93]), "+f"(s[94]), "+f"(s[95]), "+f"(s[96]), "+f"(s[97]), "+f"(s[98]),  \
      "+f"(s[99]), "+f"(s[100]), "+f"(s[101]), "+f"(s[102]), "+f"(s[103]), "+f"(s[104]),          \
      "+f"(s[105]), "+f"(s[106]), "+f"(s[107]), "+f"(s[108]), "+f"(s[109]), "+f"(s[110]),         \
      "+f"(s[111]), "+f"(s[112]), "+f"(s[113]), "+f"(s[114]), "+f"(s[115]), "+f"(s[116]),         \
      "+f"(s[117]), "+f"(s[118]), "+f"(s[119]), "+f"(s[120]), "+f"(s[121]), "+f"(s[122]),         \
      "+f"(s[123]), "+f"(s[124]), "+f"(s[125]), "+f"(s[126]), "+f"(s[127])

namespace sigil {

template <class T, int n>
struct WarpgroupShape;
template <>
struct WarpgroupShape<f16, 16> {
  template <int b_transposed>
  SIGIL_DEVICE static void multiply(float (&sums)[8], uint64_t a, uint64_t b, int accumulate) {
    asm volatile(
        "{\n.reg .pred p;\nsetp.ne.b32 p, %10, "
        "0;\nwgmma.mma_async.sync.aligned.m64n16k16.f32.f16.f16 " SIGIL_SUMS_16
        ", %8, %9, p, 1, 1, 0, %11;\n}"
        : SIGIL_HELD_16(sums)
        : "l"(a), "l"(b), "r"(accumulate), "n"(b_transposed));
  }
};
template <>
struct WarpgroupShape<bf16, 16> {
  template <int b_transposed>
  SIGIL_DEVICE static void multiply(float (&sums)[8], uint64_t a, uint64_t b, int accumulate) {
    asm volatile(
        "{\n.reg .pred p;\nsetp.ne.b32 p, %10, "
        "0;\nwgmma.mma_async.sync.aligned.m64n16k16.f32.bf16.bf16 " SIGIL_SUMS_16
        ", %8, %9, p, 1, 1, 0, %11;\n}"
        : SIGIL_HELD_16(sums)
        : "l"(a), "l"(b), "r"(accumulate), "n"(b_transposed));
  }
};
template <>
struct WarpgroupShape<f16, 32> {
  template <int b_transposed>
  SIGIL_DEVICE static void multiply(float (&sums)[16], uint64_t a, uint64_t b, int accumulate) {
    asm volatile(
        "{\n.reg .pred p;\nsetp.ne.b32 p, %18, "
        "0;\nwgmma.mma_async.sync.aligned.m64n32k16.f32.f16.f16 " SIGIL_SUMS_32
        ", %16, %17, p, 1, 1, 0, %19;\n}"
        : SIGIL_HELD_32(sums)
        : "l"(a), "l"(b), "r"(accumulate), "n"(b_transposed));
  }
};
template <>
struct WarpgroupShape<bf16, 32> {
  template <int b_transposed>
  SIGIL_DEVICE static void multiply(float (&sums)[16], uint64_t a, uint64_t b, int accumulate) {
    asm volatile(
        "{\n.reg .pred p;\nsetp.ne.b32 p, %18, "
        "0;\nwgmma.mma_async.sync.aligned.m64n32k16.f32.bf16.bf16 " SIGIL_SUMS_32
        ", %16, %17, p, 1, 1, 0, %19;\n}"
        : SIGIL_HELD_32(sums)
        : "l"(a), "l"(b), "r"(accumulate), "n"(b_transposed));
  }
};
template <>
struct WarpgroupShape<f16, 48> {
  template <int b_transposed>
  SIGIL_DEVICE static void multiply(float (&sums)[24], uint64_t a, uint64_t b, int accumulate) {
    asm volatile(
        "{\n.reg .pred p;\nsetp.ne.b32 p, %26, "
        "0;\nwgmma.mma_async.sync.aligned.m64n48k16.f32.f16.f16 " SIGIL_SUMS_48
        ", %24, %25, p, 1, 1, 0, %27;\n}"
        : SIGIL_HELD_48(sums)
        : "l"(a), "l"(b), "r"(accumulate), "n"(b_transposed));
  }
};
template <>
struct WarpgroupShape<bf16, 48> {
  template <int b_transposed>
  SIGIL_DEVICE static void multiply(float (&sums)[24], uint64_t a, uint64_t b, int accumulate) {
    asm volatile(
        "{\n.reg .pred p;\nsetp.ne.b32 p, %26, "
        "0;\nwgmma.mma_async.sync.aligned.m64n48k16.f32.bf16.bf16 " SIGIL_SUMS_48
        ", %24, %25, p, 1, 1, 0, %27;\n}"
        : SIGIL_HELD_48(sums)
        : "l"(a), "l"(b), "r"(accumulate), "n"(b_transposed));
  }
};
template <>
struct WarpgroupShape<f16, 64> {
  template <int b_transposed>
  SIGIL_DEVICE static void multiply(float (&sums)[32], uint64_t a, uint64_t b, int accumulate) {
    asm volatile(
        "{\n.reg .pred p;\nsetp.ne.b32 p, %34, "
        "0;\nwgmma.mma_async.sync.aligned.m64n64k16.f32.f16.f16 " SIGIL_SUMS_64
        ", %32, %33, p, 1, 1, 0, %35;\n}"
        : SIGIL_HELD_64(sums)
        : "l"(a), "l"(b), "r"(accumulate), "n"(b_transposed));
  }
  template <int b_transposed>
  SIGIL_DEVICE static void multiply(float (&sums)[32], const uint32_t (&a)[4], uint64_t b,
                                    int accumulate) {
    asm volatile(
        "{\n.reg .pred p;\nsetp.ne.b32 p, %37, "
        "0;\nwgmma.mma_async.sync.aligned.m64n64k16.f32.f16.f16 " SIGIL_SUMS_64
        ", {%32, %33, %34, %35}, %36, p, 1, 1, %38;\n}"
        : SIGIL_HELD_64(sums)
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b), "r"(accumulate), "n"(b_transposed));
  }
};
template <>
struct WarpgroupShape<bf16, 64> {
  template <int b_transposed>
  SIGIL_DEVICE static void multiply(float (&sums)[32], uint64_t a, uint64_t b, int accumulate) {
    asm volatile(
        "{\n.reg .pred p;\nsetp.ne.b32 p, %34, "
        "0;\nwgmma.mma_async.sync.aligned.m64n64k16.f32.bf16.bf16 " SIGIL_SUMS_64
        ", %32, %33, p, 1, 1, 0, %35;\n}"
        : SIGIL_HELD_64(sums)
        : "l"(a), "l"(b), "r"(accumulate), "n"(b_transposed));
  }
  template <int b_transposed>
  SIGIL_DEVICE static void multiply(float (&sums)[32], const uint32_t (&a)[4], uint64_t b,
                                    int accumulate) {
    asm volatile(
        "{\n.reg .pred p;\nsetp.ne.b32 p, %37, "
        "0;\nwgmma.mma_async.sync.aligned.m64n64k16.f32.bf16.bf16 " SIGIL_SUMS_64
        ", {%32, %33, %34, %35}, %36, p, 1, 1, %38;\n}"
        : SIGIL_HELD_64(sums)
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b), "r"(accumulate), "n"(b_transposed));
  }
};
template <>
struct WarpgroupShape<f16, 72> {
  template <int b_transposed>
  SIGIL_DEVICE static void multiply(float (&sums)[36], const uint32_t (&a)[4], uint64_t b,
                                    int accumulate) {
    asm volatile(
        "{\n.reg .pred p;\nsetp.ne.b32 p, %41, "
        "0;\nwgmma.mma_async.sync.aligned.m64n72k16.f32.f16.f16 " SIGIL_SUMS_72
        ", {%36, %37, %38, %39}, %40, p, 1, 1, %42;\n}"
        : SIGIL_HELD_72(sums)
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b), "r"(accumulate), "n"(b_transposed));
  }
};
template <>
struct WarpgroupShape<bf16, 72> {
  template <int b_transposed>
  SIGIL_DEVICE static void multiply(float (&sums)[36], const uint32_t (&a)[4], uint64_t b,
                                    int accumulate) {
    asm volatile(
        "{\n.reg .pred p;\nsetp.ne.b32 p, %41, "
        "0;\nwgmma.mma_async.sync.aligned.m64n72k16.f32.bf16.bf16 " SIGIL_SUMS_72
        ", {%36, %37, %38, %39}, %40, p, 1, 1, %42;\n}"
        : SIGIL_HELD_72(sums)
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b), "r"(accumulate), "n"(b_transposed));
  }
};
template <>
struct WarpgroupShape<f16, 80> {
  template <int b_transposed>
  SIGIL_DEVICE static void multiply(float (&sums)[40], uint64_t a, uint64_t b, int accumulate) {
    asm volatile(
        "{\n.reg .pred p;\nsetp.ne.b32 p, %42, "
        "0;\nwgmma.mma_async.sync.aligned.m64n80k16.f32.f16.f16 " SIGIL_SUMS_80
        ", %40, %41, p, 1, 1, 0, %43;\n}"
        : SIGIL_HELD_80(sums)
        : "l"(a), "l"(b), "r"(accumulate), "n"(b_transposed));
  }
};
template <>
struct WarpgroupShape<bf16, 80> {
  template <int b_transposed>
  SIGIL_DEVICE static void multiply(float (&sums)[40], uint64_t a, uint64_t b, int accumulate) {
    asm volatile(
        "{\n.reg .pred p;\nsetp.ne.b32 p, %42, "
        "0;\nwgmma.mma_async.sync.aligned.m64n80k16.f32.bf16.bf16 " SIGIL_SUMS_80
        ", %40, %41, p, 1, 1, 0, %43;\n}"
        : SIGIL_HELD_80(sums)
        : "l"(a), "l"(b), "r"(accumulate), "n"(b_transposed));
  }
};
template <>
struct WarpgroupShape<f16, 96> {
  template <int b_transposed>
  SIGIL_DEVICE static void multiply(float (&sums)[48], uint64_t a, uint64_t b, int accumulate) {
    asm volatile(
        "{\n.reg .pred p;\nsetp.ne.b32 p, %50, "
        "0;\nwgmma.mma_async.sync.aligned.m64n96k16.f32.f16.f16 " SIGIL_SUMS_96
        ", %48, %49, p, 1, 1, 0, %51;\n}"
        : SIGIL_HELD_96(sums)
        : "l"(a), "l"(b), "r"(accumulate), "n"(b_transposed));
  }
  template <int b_transposed>
  SIGIL_DEVICE static void multiply(float (&sums)[48], const uint32_t (&a)[4], uint64_t b,
                                    int accumulate) {
    asm volatile(
        "{\n.reg .pred p;\nsetp.ne.b32 p, %53, "
        "0;\nwgmma.mma_async.sync.aligned.m64n96k16.f32.f16.f16 " SIGIL_SUMS_96
        ", {%48, %49, %50, %51}, %52, p, 1, 1, %54;\n}"
        : SIGIL_HELD_96(sums)
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b), "r"(accumulate), "n"(b_transposed));
  }
};
template <>
struct WarpgroupShape<bf16, 96> {
  template <int b_transposed>
  SIGIL_DEVICE static void multiply(float (&sums)[48], uint64_t a, uint64_t b, int accumulate) {
    asm volatile(
        "{\n.reg .pred p;\nsetp.ne.b32 p, %50, "
        "0;\nwgmma.mma_async.sync.aligned.m64n96k16.f32.bf16.bf16 " SIGIL_SUMS_96
        ", %48, %49, p, 1, 1, 0, %51;\n}"
        : SIGIL_HELD_96(sums)
        : "l"(a), "l"(b), "r"(accumulate), "n"(b_transposed));
  }
  template <int b_transposed>
  SIGIL_DEVICE static void multiply(float (&sums)[48], const uint32_t (&a)[4], uint64_t b,
                                    int accumulate) {
    asm volatile(
        "{\n.reg .pred p;\nsetp.ne.b32 p, %53, "
        "0;\nwgmma.mma_async.sync.aligned.m64n96k16.f32.bf16.bf16 " SIGIL_SUMS_96
        ", {%48, %49, %50, %51}, %52, p, 1, 1, %54;\n}"
        : SIGIL_HELD_96(sums)
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b), "r"(accumulate), "n"(b_transposed));
  }
};
template <>
struct WarpgroupShape<f16, 112> {
  template <int b_transposed>
  SIGIL_DEVICE static void multiply(float (&sums)[56], uint64_t a, uint64_t b, int accumulate) {
    asm volatile(
        "{\n.reg .pred p;\nsetp.ne.b32 p, %58, "
        "0;\nwgmma.mma_async.sync.aligned.m64n112k16.f32.f16.f16 " SIGIL_SUMS_112
        ", %56, %57, p, 1, 1, 0, %59;\n}"
        : SIGIL_HELD_112(sums)
        : "l"(a), "l"(b), "r"(accumulate), "n"(b_transposed));
  }
};
template <>
struct WarpgroupShape<bf16, 112> {
  template <int b_transposed>
  SIGIL_DEVICE static void multiply(float (&sums)[56], uint64_t a, uint64_t b, int accumulate) {
    asm volatile(
        "{\n.reg .pred p;\nsetp.ne.b32 p, %58, "
        "0;\nwgmma.mma_async.sync.aligned.m64n112k16.f32.bf16.bf16 " SIGIL_SUMS_112
        ", %56, %57, p, 1, 1, 0, %59;\n}"
        : SIGIL_HELD_112(sums)
        : "l"(a), "l"(b), "r"(accumulate), "n"(b_transposed));
  }
};
template <>
struct WarpgroupShape<f16, 128> {
  template <int b_transposed>
  SIGIL_DEVICE static void multiply(float (&sums)[64], uint64_t a, uint64_t b, int accumulate) {
    asm volatile(
        "{\n.reg .pred p;\nsetp.ne.b32 p, %66, "
        "0;\nwgmma.mma_async.sync.aligned.m64n128k16.f32.f16.f16 " SIGIL_SUMS_128
        ", %64, %65, p, 1, 1, 0, %67;\n}"
        : SIGIL_HELD_128(sums)
        : "l"(a), "l"(b), "r"(accumulate), "n"(b_transposed));
  }
};
template <>
struct WarpgroupShape<bf16, 128> {
  template <int b_transposed>
  SIGIL_DEVICE static void multiply(float (&sums)[64], uint64_t a, uint64_t b, int accumulate) {
    asm volatile(
        "{\n.reg .pred p;\nsetp.ne.b32 p, %66, "
        "0;\nwgmma.mma_async.sync.aligned.m64n128k16.f32.bf16.bf16 " SIGIL_SUMS_128
        ", %64, %65, p, 1, 1, 0, %67;\n}"
        : SIGIL_HELD_128(sums)
        : "l"(a), "l"(b), "r"(accumulate), "n"(b_transposed));
  }
};
template <>
struct WarpgroupShape<f16, 144> {
  template <int b_transposed>
  SIGIL_DEVICE static void multiply(float (&sums)[72], uint64_t a, uint64_t b, int accumulate) {
    asm volatile(
        "{\n.reg .pred p;\nsetp.ne.b32 p, %74, "
        "0;\nwgmma.mma_async.sync.aligned.m64n144k16.f32.f16.f16 " SIGIL_SUMS_144
        ", %72, %73, p, 1, 1, 0, %75;\n}"
        : SIGIL_HELD_144(sums)
        : "l"(a), "l"(b), "r"(accumulate), "n"(b_transposed));
  }
};
template <>
struct WarpgroupShape<bf16, 144> {
  template <int b_transposed>
  SIGIL_DEVICE static void multiply(float (&sums)[72], uint64_t a, uint64_t b, int accumulate) {
    asm volatile(
        "{\n.reg .pred p;\nsetp.ne.b32 p, %74, "
        "0;\nwgmma.mma_async.sync.aligned.m64n144k16.f32.bf16.bf16 " SIGIL_SUMS_144
        ", %72, %73, p, 1, 1, 0, %75;\n}"
        : SIGIL_HELD_144(sums)
        : "l"(a), "l"(b), "r"(accumulate), "n"(b_transposed));
  }
};
template <>
struct WarpgroupShape<f16, 160> {
  template <int b_transposed>
  SIGIL_DEVICE static void multiply(float (&sums)[80], uint64_t a, uint64_t b, int accumulate) {
    asm volatile(
        "{\n.reg .pred p;\nsetp.ne.b32 p, %82, "
        "0;\nwgmma.mma_async.sync.aligned.m64n160k16.f32.f16.f16 " SIGIL_SUMS_160
        ", %80, %81, p, 1, 1, 0, %83;\n}"
        : SIGIL_HELD_160(sums)
        : "l"(a), "l"(b), "r"(accumulate), "n"(b_transposed));
  }
};
template <>
struct WarpgroupShape<bf16, 160> {
  template <int b_transposed>
  SIGIL_DEVICE static void multiply(float (&sums)[80], uint64_t a, uint64_t b, int accumulate) {
    asm volatile(
        "{\n.reg .pred p;\nsetp.ne.b32 p, %82, "
        "0;\nwgmma.mma_async.sync.aligned.m64n160k16.f32.bf16.bf16 " SIGIL_SUMS_160
        ", %80, %81, p, 1, 1, 0, %83;\n}"
        : SIGIL_HELD_160(sums)
        : "l"(a), "l"(b), "r"(accumulate), "n"(b_transposed));
  }
};
template <>
struct WarpgroupShape<f16, 176> {
  template <int b_transposed>
  SIGIL_DEVICE static void multiply(float (&sums)[88], uint64_t a, uint64_t b, int accumulate) {
    asm volatile(
        "{\n.reg .pred p;\nsetp.ne.b32 p, %90, "
        "0;\nwgmma.mma_async.sync.aligned.m64n176k16.f32.f16.f16 " SIGIL_SUMS_176
        ", %88, %89, p, 1, 1, 0, %91;\n}"
        : SIGIL_HELD_176(sums)
        : "l"(a), "l"(b), "r"(accumulate), "n"(b_transposed));
  }
};
template <>
struct WarpgroupShape<bf16, 176> {
  template <int b_transposed>
  SIGIL_DEVICE static void multiply(float (&sums)[88], uint64_t a, uint64_t b, int accumulate) {
    asm volatile(
        "{\n.reg .pred p;\nsetp.ne.b32 p, %90, "
        "0;\nwgmma.mma_async.sync.aligned.m64n176k16.f32.bf16.bf16 " SIGIL_SUMS_176
        ", %88, %89, p, 1, 1, 0, %91;\n}"
        : SIGIL_HELD_176(sums)
        : "l"(a), "l"(b), "r"(accumulate), "n"(b_transposed));
  }
};
template <>
struct WarpgroupShape<f16, 192> {
  template <int b_transposed>
  SIGIL_DEVICE static void multiply(float (&sums)[96], uint64_t a, uint64_t b, int accumulate) {
    asm volatile(
        "{\n.reg .pred p;\nsetp.ne.b32 p, %98, "
        "0;\nwgmma.mma_async.sync.aligned.m64n192k16.f32.f16.f16 " SIGIL_SUMS_192
        ", %96, %97, p, 1, 1, 0, %99;\n}"
        : SIGIL_HELD_192(sums)
        : "l"(a), "l"(b), "r"(accumulate), "n"(b_transposed));
  }
};
template <>
struct WarpgroupShape<bf16, 192> {
  template <int b_transposed>
  SIGIL_DEVICE static void multiply(float (&sums)[96], uint64_t a, uint64_t b, int accumulate) {
    asm volatile(
        "{\n.reg .pred p;\nsetp.ne.b32 p, %98, "
        "0;\nwgmma.mma_async.sync.aligned.m64n192k16.f32.bf16.bf16 " SIGIL_SUMS_192
        ", %96, %97, p, 1, 1, 0, %99;\n}"
        : SIGIL_HELD_192(sums)
        : "l"(a), "l"(b), "r"(accumulate), "n"(b_transposed));
  }
};
template <>
struct WarpgroupShape<f16, 208> {
  template <int b_transposed>
  SIGIL_DEVICE static void multiply(float (&sums)[104], uint64_t a, uint64_t b, int accumulate) {
    asm volatile(
        "{\n.reg .pred p;\nsetp.ne.b32 p, %106, "
        "0;\nwgmma.mma_async.sync.aligned.m64n208k16.f32.f16.f16 " SIGIL_SUMS_208
        ", %104, %105, p, 1, 1, 0, %107;\n}"
        : SIGIL_HELD_208(sums)
        : "l"(a), "l"(b), "r"(accumulate), "n"(b_transposed));
  }
};
template <>
struct WarpgroupShape<bf16, 208> {
  template <int b_transposed>
  SIGIL_DEVICE static void multiply(float (&sums)[104], uint64_t a, uint64_t b, int accumulate) {
    asm volatile(
        "{\n.reg .pred p;\nsetp.ne.b32 p, %106, "
        "0;\nwgmma.mma_async.sync.aligned.m64n208k16.f32.bf16.bf16 " SIGIL_SUMS_208
        ", %104, %105, p, 1, 1, 0, %107;\n}"
        : SIGIL_HELD_208(sums)
        : "l"(a), "l"(b), "r"(accumulate), "n"(b_transposed));
  }
};
template <>
struct WarpgroupShape<f16, 224> {
  template <int b_transposed>
  SIGIL_DEVICE static void multiply(float (&sums)[112], uint64_t a, uint64_t b, int accumulate) {
    asm volatile(
        "{\n.reg .pred p;\nsetp.ne.b32 p, %114, "
        "0;\nwgmma.mma_async.sync.aligned.m64n224k16.f32.f16.f16 " SIGIL_SUMS_224
        ", %112, %113, p, 1, 1, 0, %115;\n}"
        : SIGIL_HELD_224(sums)
        : "l"(a), "l"(b), "r"(accumulate), "n"(b_transposed));
  }
};
template <>
struct WarpgroupShape<bf16, 224> {
  template <int b_transposed>
  SIGIL_DEVICE static void multiply(float (&sums)[112], uint64_t a, uint64_t b, int accumulate) {
    asm volatile(
        "{\n.reg .pred p;\nsetp.ne.b32 p, %114, "
        "0;\nwgmma.mma_async.sync.aligned.m64n224k16.f32.bf16.bf16 " SIGIL_SUMS_224
        ", %112, %113, p, 1, 1, 0, %115;\n}"
        : SIGIL_HELD_224(sums)
        : "l"(a), "l"(b), "r"(accumulate), "n"(b_transposed));
  }
};
template <>
struct WarpgroupShape<f16, 240> {
  template <int b_transposed>
  SIGIL_DEVICE static void multiply(float (&sums)[120], uint64_t a, uint64_t b, int accumulate) {
    asm volatile(
        "{\n.reg .pred p;\nsetp.ne.b32 p, %122, "
        "0;\nwgmma.mma_async.sync.aligned.m64n240k16.f32.f16.f16 " SIGIL_SUMS_240
        ", %120, %121, p, 1, 1, 0, %123;\n}"
        : SIGIL_HELD_240(sums)
        : "l"(a), "l"(b), "r"(accumulate), "n"(b_transposed));
  }
};
template <>
struct WarpgroupShape<bf16, 240> {
  template <int b_transposed>
  SIGIL_DEVICE static void multiply(float (&sums)[120], uint64_t a, uint64_t b, int accumulate) {
    asm volatile(
        "{\n.reg .pred p;\nsetp.ne.b32 p, %122, "
        "0;\nwgmma.mma_async.sync.aligned.m64n240k16.f32.bf16.bf16 " SIGIL_SUMS_240
        ", %120, %121, p, 1, 1, 0, %123;\n}"
        : SIGIL_HELD_240(sums)
        : "l"(a), "l"(b), "r"(accumulate), "n"(b_transposed));
  }
};
template <>
struct WarpgroupShape<f16, 256> {
  template <int b_transposed>
  SIGIL_DEVICE static void multiply(float (&sums)[128], uint64_t a, uint64_t b, int accumulate) {
    asm volatile(
        "{\n.reg .pred p;\nsetp.ne.b32 p, %130, "
        "0;\nwgmma.mma_async.sync.aligned.m64n256k16.f32.f16.f16 " SIGIL_SUMS_256
        ", %128, %129, p, 1, 1, 0, %131;\n}"
        : SIGIL_HELD_256(sums)
        : "l"(a), "l"(b), "r"(accumulate), "n"(b_transposed));
  }
};
template <>
struct WarpgroupShape<bf16, 256> {
  template <int b_transposed>
  SIGIL_DEVICE static void multiply(float (&sums)[128], uint64_t a, uint64_t b, int accumulate) {
    asm volatile(
        "{\n.reg .pred p;\nsetp.ne.b32 p, %130, "
        "0;\nwgmma.mma_async.sync.aligned.m64n256k16.f32.bf16.bf16 " SIGIL_SUMS_256
        ", %128, %129, p, 1, 1, 0, %131;\n}"
        : SIGIL_HELD_256(sums)
        : "l"(a), "l"(b), "r"(accumulate), "n"(b_transposed));
  }
};

/// Starts sums (64 by n, replaced if not accumulate) += A B^T with K = 16, A and B by descriptor.
/// b_transposed: 0 if B is stored [n, k], 1 if [k, n].
template <class T, int n, int b_transposed>
SIGIL_DEVICE void warpgroup_multiply(float (&sums)[n / 2], uint64_t a, uint64_t b,
                                     bool accumulate) {
  WarpgroupShape<T, n>::template multiply<b_transposed>(sums, a, b, accumulate);
}
/// The same with A in registers: rows l / 4 and l / 4 + 8 of the warp's 16, columns 2 (l % 4) and
/// that + 8, two each.
template <class T, int n, int b_transposed>
SIGIL_DEVICE void warpgroup_multiply(float (&sums)[n / 2], const uint32_t (&a)[4], uint64_t b,
                                     bool accumulate) {
  WarpgroupShape<T, n>::template multiply<b_transposed>(sums, a, b, accumulate);
}

}  // namespace sigil

#undef SIGIL_SUMS_16
#undef SIGIL_HELD_16
#undef SIGIL_SUMS_32
#undef SIGIL_HELD_32
#undef SIGIL_SUMS_48
#undef SIGIL_HELD_48
#undef SIGIL_SUMS_64
#undef SIGIL_HELD_64
#undef SIGIL_SUMS_72
#undef SIGIL_HELD_72
#undef SIGIL_SUMS_80
#undef SIGIL_HELD_80
#undef SIGIL_SUMS_96
#undef SIGIL_HELD_96
#undef SIGIL_SUMS_112
#undef SIGIL_HELD_112
#undef SIGIL_SUMS_128
#undef SIGIL_HELD_128
#undef SIGIL_SUMS_144
#undef SIGIL_HELD_144
#undef SIGIL_SUMS_160
#undef SIGIL_HELD_160
#undef SIGIL_SUMS_176
#undef SIGIL_HELD_176
#undef SIGIL_SUMS_192
#undef SIGIL_HELD_192
#undef SIGIL_SUMS_208
#undef SIGIL_HELD_208
#undef SIGIL_SUMS_224
#undef SIGIL_HELD_224
#undef SIGIL_SUMS_240
#undef SIGIL_HELD_240
#undef SIGIL_SUMS_256
#undef SIGIL_HELD_256
