import { html, type Markup } from "./markup.ts";
import { style } from "./style.ts";

/** A whole document: one file, without a script, that needs no other. */
export const showPage = (title: string, header: Markup, main: Markup): string =>
  html`<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>${title}</title><style>${style}</style></head>
<body><header>${header}</header>
<main>${main}</main></body></html>
`.text;
