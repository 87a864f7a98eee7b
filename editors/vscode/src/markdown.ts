// A model's Markdown as HTML that can do nothing: no raw HTML, no images, links only to files and the web. Knows no editor.

import MarkdownIt from "markdown-it";

const renderer = new MarkdownIt({ html: false, linkify: false, breaks: false });

// An image is fetched when it is drawn: a model that was told to could send code away in its address.
renderer.disable("image");

const ALLOWED = /^(file:|https?:)/i;
renderer.validateLink = (url) => ALLOWED.test(url.trim());

export function render(markdown: string): string {
  return renderer.render(markdown);
}

/** A link to a place in a file: `file:///home/me/a.py#L3` or `#L3-L8`. Lines are 1-based. */
export function placeOf(href: string): { uri: string; line: number | undefined } | undefined {
  if (!href.startsWith("file:")) {
    return undefined;
  }
  const [uri, fragment] = href.split("#", 2);
  const line = /^L(\d+)/.exec(fragment ?? "")?.[1];
  return { uri, line: line ? Number(line) : undefined };
}
