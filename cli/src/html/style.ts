import { Markup } from "./markup.ts";

/**
 * Four hues that keep apart in both schemes and for most colour blindness (Okabe and Ito 2008,
 * adjusted in lightness).
 */
export const style = new Markup(`
:root{color-scheme:light dark;--page:#fbfaf8;--card:#fff;--text:#1c1b19;--note:#6b675f;
--line:#e3dfd7;--gemm:#2f6fb2;--attention:#c8641b;--row_reduce:#2a8a62;--map:#8a5ba6;
--input:#a7a196}
@media(prefers-color-scheme:dark){:root{--page:#161513;--card:#1f1e1b;--text:#ebe8e1;--note:#a09a8e;
--line:#35322c;--gemm:#6ba6e0;--attention:#e8955a;--row_reduce:#63bd95;--map:#bf97d6;
--input:#756f64}}
*{box-sizing:border-box}body{margin:0;background:var(--page);color:var(--text);
font:16px/1.55 system-ui,sans-serif}
main,header{max-width:68rem;margin:0 auto;padding:0 1.25rem}header{padding-top:2.5rem}h1{
font-size:clamp(1.6rem,5vw,2.4rem);margin:0;overflow-wrap:anywhere;letter-spacing:-.02em}
h2{margin:3.5rem 0 .25rem;font-size:1.4rem;letter-spacing:-.01em}h3{margin:2rem 0 .5rem;
font-size:1.05rem}h4{margin:0;font-size:.95rem}p{margin:.25rem 0 .75rem;max-width:62ch}
nav{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;margin-top:1rem;padding-bottom:1rem;
border-bottom:1px solid var(--line)}a{color:var(--gemm)}
.note,figcaption,.axis{color:var(--note);font-size:.85rem;font-weight:400;overflow-wrap:anywhere}
.shape,.formula,.op b,.before b,.kernel h4{font-family:ui-monospace,SFMono-Regular,Menlo,monospace;
font-size:.82rem;overflow-wrap:anywhere}
.shape{color:var(--note)}.facts{display:flex;flex-wrap:wrap;gap:1px;background:var(--line);
border:1px solid var(--line);border-radius:.5rem;overflow:hidden;margin:1.5rem 0}
.facts div{flex:1 1 9.5rem;background:var(--card);padding:.75rem 1rem}.facts dt{color:var(--note);
font-size:.8rem}.facts dd{margin:0;font-size:1.15rem;font-variant-numeric:tabular-nums}
details{border-left:2px solid var(--line);padding-left:.85rem;margin:.4rem 0}summary{cursor:pointer;
padding:.15rem 0;overflow-wrap:anywhere}summary:focus-visible,.scroll:focus-visible{
outline:2px solid var(--gemm);outline-offset:2px}
ul{list-style:none;margin:0;padding:0}.fused{display:grid;grid-template-columns:minmax(0,
1fr) minmax(0,1.7fr);gap:1rem;margin:.6rem 0;align-items:start}
.before{margin:0;padding:.5rem 0 .5rem 1.5rem;color:var(--note)}.before b{color:var(--text)}.kernel{
background:var(--card);border:1px solid var(--line);border-left:4px solid;border-radius:.4rem;
padding:.6rem .9rem}.kernel p{margin:.1rem 0}
.family{font:400 .8rem system-ui;color:var(--note)}.kernel.gemm{border-left-color:var(--gemm)}
.kernel.attention{border-left-color:var(--attention)}.kernel.row_reduce{
border-left-color:var(--row_reduce)}.kernel.map{border-left-color:var(--map)}
figure{margin:1.25rem 0}.scroll{overflow-x:auto}svg{display:block;width:100%;min-width:34rem;
background:var(--card);border:1px solid var(--line);border-radius:.4rem}.axis{display:flex;
justify-content:space-between}
rect{stroke:var(--card);stroke-width:.8}rect:hover{stroke:var(--text);stroke-width:1.6}.gemm{
fill:var(--gemm)}.attention{fill:var(--attention)}.row_reduce{fill:var(--row_reduce)}.map{
fill:var(--map)}.input{fill:var(--input)}
table{border-collapse:collapse;width:100%;font-size:.88rem;font-variant-numeric:tabular-nums}th{
text-align:left;font-weight:500;color:var(--note)}td,th{padding:.3rem .6rem .3rem 0;
border-bottom:1px solid var(--line);white-space:nowrap}td:first-child{white-space:normal;
min-width:12rem;overflow-wrap:anywhere}
.bar{width:8rem;height:.6rem;border-radius:.2rem;background:var(--line);overflow:hidden}.bar i{
display:block;height:100%}.bar .gemm{background:var(--gemm)}.bar .attention{
background:var(--attention)}.bar .row_reduce{background:var(--row_reduce)}.bar .map{
background:var(--map)}
.legend{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;font-size:.85rem;color:var(--note)}.legend i{
display:inline-block;width:.75rem;height:.75rem;border-radius:.15rem;margin-right:.4rem}
footer{margin:4rem 0 2rem;color:var(--note);font-size:.85rem}@media(max-width:40rem){.fused{
grid-template-columns:minmax(0,1fr);gap:0}.before{padding-bottom:0}}
`);
