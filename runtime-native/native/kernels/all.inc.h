// Everything of one instruction set, in the unit's own anonymous namespace. The unit has included
// table.h and defined V.

template <int... I>
struct Sequence {};
template <int N, int... I>
struct MakeSequence : MakeSequence<N - 1, N - 1, I...> {};
template <int... I>
struct MakeSequence<0, I...> {
  using Type = Sequence<I...>;
};

#include "vector.inc.h"
#include "interpret.inc.h"
#include "codes.inc.h"
#include "tile.inc.h"
#include "pack.inc.h"
#include "gemm.inc.h"
#include "by_rows.inc.h"
#include "integers.inc.h"
#include "products.inc.h"
#include "attention.inc.h"
#include "row_reduce.inc.h"
