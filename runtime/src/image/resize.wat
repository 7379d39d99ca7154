;; The two passes of the fixed-point resize on WebAssembly SIMD, the same arithmetic as
;; resize-portable.ts.
;; Reads and writes may run up to 16 bytes past an array: what lies there is written
;; again later or belongs to nobody.
(module
  (memory (export "memory") 1)

  ;; Rows of `rowBytes` (RGB) become rows of `to` pixels. `first` and `count` are i32; a pixel has
  ;; `groups` of four weights, each group the high parts (weight >> 11) as four i16, then the low
  ;; ones, and 0 past the last. Two products of 16 bits and their sum are one instruction, a product
  ;; of 32 bits is two on Intel's processors; what overflows in the low sum is right again once the
  ;; high one is added, as all of it counts modulo 2^32. Two rows share the weights; a last row
  ;; without a neighbour is computed twice.
  (func (export "across")
    (param $source i32) (param $target i32) (param $rows i32) (param $rowBytes i32) (param $to i32)
    (param $first i32) (param $count i32) (param $weights i32) (param $groups i32)
    (param $precision i32)
    (local $i i32) (local $at i32) (local $w i32) (local $end i32) (local $nextSource i32)
    (local $nextTarget i32)
    (local $half v128) (local $taps01 v128) (local $taps23 v128) (local $pixels v128)
    (local $left v128) (local $right v128)
    (local $w0 v128) (local $w1 v128) (local $w2 v128) (local $w3 v128)
    (local $high v128) (local $low v128) (local $nextHigh v128) (local $nextLow v128)
    (local.set $half
      (i32x4.splat (i32.shl (i32.const 1) (i32.sub (local.get $precision) (i32.const 1)))))
    ;; r0 r1 g0 g1 b0 b1 as i16: a lane past the last byte is zero. A swizzle by a constant is one
    ;; pshufb in V8, a shuffle with zeros two of them and an or.
    (local.set $taps01 (v128.const i8x16 0 -1 3 -1 1 -1 4 -1 2 -1 5 -1 -1 -1 -1 -1))
    (local.set $taps23 (v128.const i8x16 6 -1 9 -1 7 -1 10 -1 8 -1 11 -1 -1 -1 -1 -1))
    (block $done (loop $row
      (br_if $done (i32.le_s (local.get $rows) (i32.const 0)))
      (local.set $nextSource (i32.const 0))
      (local.set $nextTarget (i32.const 0))
      (if (i32.gt_s (local.get $rows) (i32.const 1)) (then
        (local.set $nextSource (local.get $rowBytes))
        (local.set $nextTarget (i32.mul (local.get $to) (i32.const 3)))))
      (local.set $i (i32.const 0))
      (loop $pixel
        (local.set $at (i32.add (local.get $source)
          (i32.mul (i32.const 3)
            (i32.load (i32.add (local.get $first) (i32.shl (local.get $i) (i32.const 2)))))))
        (local.set $w
          (i32.add (local.get $weights)
            (i32.shl (i32.mul (local.get $i) (local.get $groups)) (i32.const 4))))
        (local.set $end (i32.add (local.get $w)
          (i32.shl (i32.load (i32.add (local.get $count) (i32.shl (local.get $i) (i32.const 2))))
            (i32.const 2))))
        (local.set $low (local.get $half))
        (local.set $nextLow (local.get $half))
        (local.set $high (v128.const i32x4 0 0 0 0))
        (local.set $nextHigh (v128.const i32x4 0 0 0 0))
        (loop $four
          (local.set $w0 (v128.load32_splat (local.get $w)))
          (local.set $w1 (v128.load32_splat offset=4 (local.get $w)))
          (local.set $w2 (v128.load32_splat offset=8 (local.get $w)))
          (local.set $w3 (v128.load32_splat offset=12 (local.get $w)))
          (local.set $pixels (v128.load (local.get $at)))
          (local.set $left (i8x16.swizzle (local.get $pixels) (local.get $taps01)))
          (local.set $right (i8x16.swizzle (local.get $pixels) (local.get $taps23)))
          (local.set $high
            (i32x4.add (local.get $high)
              (i32x4.add (i32x4.dot_i16x8_s (local.get $left) (local.get $w0))
                (i32x4.dot_i16x8_s (local.get $right) (local.get $w1)))))
          (local.set $low
            (i32x4.add (local.get $low)
              (i32x4.add (i32x4.dot_i16x8_s (local.get $left) (local.get $w2))
                (i32x4.dot_i16x8_s (local.get $right) (local.get $w3)))))
          (local.set $pixels (v128.load (i32.add (local.get $at) (local.get $nextSource))))
          (local.set $left (i8x16.swizzle (local.get $pixels) (local.get $taps01)))
          (local.set $right (i8x16.swizzle (local.get $pixels) (local.get $taps23)))
          (local.set $nextHigh
            (i32x4.add (local.get $nextHigh)
              (i32x4.add (i32x4.dot_i16x8_s (local.get $left) (local.get $w0))
                (i32x4.dot_i16x8_s (local.get $right) (local.get $w1)))))
          (local.set $nextLow
            (i32x4.add (local.get $nextLow)
              (i32x4.add (i32x4.dot_i16x8_s (local.get $left) (local.get $w2))
                (i32x4.dot_i16x8_s (local.get $right) (local.get $w3)))))
          (local.set $at (i32.add (local.get $at) (i32.const 12)))
          (br_if $four
            (i32.lt_u (local.tee $w (i32.add (local.get $w) (i32.const 16))) (local.get $end))))
        ;; Narrowing saturates, which is the clamp to 0..255.
        (local.set $low
          (i32x4.shr_s (i32x4.add (local.get $low) (i32x4.shl (local.get $high) (i32.const 11)))
            (local.get $precision)))
        (local.set $nextLow
          (i32x4.shr_s
            (i32x4.add (local.get $nextLow) (i32x4.shl (local.get $nextHigh) (i32.const 11)))
            (local.get $precision)))
        (local.set $low (i16x8.narrow_i32x4_s (local.get $low) (local.get $nextLow)))
        (local.set $low (i8x16.narrow_i16x8_u (local.get $low) (local.get $low)))
        (v128.store16_lane 0 (local.get $target) (local.get $low))
        (v128.store8_lane offset=2 2 (local.get $target) (local.get $low))
        (v128.store16_lane 2 (i32.add (local.get $target) (local.get $nextTarget)) (local.get $low))
        (v128.store8_lane offset=2 6 (i32.add (local.get $target) (local.get $nextTarget))
          (local.get $low))
        (local.set $target (i32.add (local.get $target) (i32.const 3)))
        (br_if $pixel
          (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $to))))
      (local.set $source
        (i32.add (i32.add (local.get $source) (local.get $rowBytes)) (local.get $nextSource)))
      (local.set $target (i32.add (local.get $target) (local.get $nextTarget)))
      (local.set $rows (i32.sub (local.get $rows) (i32.const 2)))
      (br $row))))

  ;; `to` rows of `rowBytes` out of weighted sums of whole rows.
  (func (export "down")
    (param $source i32) (param $target i32) (param $rowBytes i32) (param $to i32)
    (param $first i32) (param $count i32) (param $weights i32) (param $size i32)
    (param $precision i32)
    (local $i i32) (local $x i32) (local $at i32) (local $start i32) (local $w i32)
    (local $begin i32) (local $end i32)
    (local $half v128) (local $pixels v128) (local $low v128) (local $high v128)
    (local $weight v128)
    (local $s0 v128) (local $s1 v128) (local $s2 v128) (local $s3 v128)
    (local.set $half
      (i32x4.splat (i32.shl (i32.const 1) (i32.sub (local.get $precision) (i32.const 1)))))
    (loop $row
      (local.set $start (i32.add (local.get $source)
        (i32.mul (local.get $rowBytes)
          (i32.load (i32.add (local.get $first) (i32.shl (local.get $i) (i32.const 2)))))))
      (local.set $begin
        (i32.add (local.get $weights)
          (i32.shl (i32.mul (local.get $i) (local.get $size)) (i32.const 2))))
      (local.set $end (i32.add (local.get $begin)
        (i32.shl (i32.load (i32.add (local.get $count) (i32.shl (local.get $i) (i32.const 2))))
          (i32.const 2))))
      (local.set $x (i32.const 0))
      (loop $columns
        (local.set $s0 (local.get $half)) (local.set $s1 (local.get $half))
        (local.set $s2 (local.get $half)) (local.set $s3 (local.get $half))
        (local.set $at (i32.add (local.get $start) (local.get $x)))
        (local.set $w (local.get $begin))
        (block $none (loop $tap
          (br_if $none (i32.ge_u (local.get $w) (local.get $end)))
          (local.set $pixels (v128.load (local.get $at)))
          (local.set $weight (v128.load32_splat (local.get $w)))
          (local.set $low (i16x8.extend_low_i8x16_u (local.get $pixels)))
          (local.set $high (i16x8.extend_high_i8x16_u (local.get $pixels)))
          (local.set $s0
            (i32x4.add (local.get $s0)
              (i32x4.mul (local.get $weight) (i32x4.extend_low_i16x8_u (local.get $low)))))
          (local.set $s1
            (i32x4.add (local.get $s1)
              (i32x4.mul (local.get $weight) (i32x4.extend_high_i16x8_u (local.get $low)))))
          (local.set $s2
            (i32x4.add (local.get $s2)
              (i32x4.mul (local.get $weight) (i32x4.extend_low_i16x8_u (local.get $high)))))
          (local.set $s3
            (i32x4.add (local.get $s3)
              (i32x4.mul (local.get $weight) (i32x4.extend_high_i16x8_u (local.get $high)))))
          (local.set $at (i32.add (local.get $at) (local.get $rowBytes)))
          (local.set $w (i32.add (local.get $w) (i32.const 4)))
          (br $tap)))
        (v128.store (i32.add (local.get $target) (local.get $x)) (i8x16.narrow_i16x8_u
          (i16x8.narrow_i32x4_s (i32x4.shr_s (local.get $s0) (local.get $precision))
            (i32x4.shr_s (local.get $s1) (local.get $precision)))
          (i16x8.narrow_i32x4_s (i32x4.shr_s (local.get $s2) (local.get $precision))
            (i32x4.shr_s (local.get $s3) (local.get $precision)))))
        (br_if $columns
          (i32.lt_u (local.tee $x (i32.add (local.get $x) (i32.const 16))) (local.get $rowBytes))))
      (local.set $target (i32.add (local.get $target) (local.get $rowBytes)))
      (br_if $row
        (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $to))))))
