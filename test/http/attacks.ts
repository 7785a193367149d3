/** Messages that try to run or to fetch something: by script, handler, address, style, frame, form, and by confusing parsers. */
export const ATTACKS: Readonly<Record<string, string>> = {
  script: '<script>top.pwned=1;fetch("/__hit?script")</script>',
  'script in svg': '<svg><script>top.pwned=1</script></svg>',
  'image handler': '<img src=x onerror="top.pwned=1;fetch(\'/__hit?onerror\')">',
  'svg handler': '<svg onload="top.pwned=1"><animate onbegin="top.pwned=1" attributeName=x dur=1s></svg>',
  'details handler': '<details open ontoggle="top.pwned=1">x</details>',
  'body handler': '<body onload="top.pwned=1" onpageshow="top.pwned=1">',
  'javascript link': '<a id=bad href="javascript:top.pwned=1">x</a>',
  'javascript link, written oddly': '<a href="&#106;ava&#x0A;script:top.pwned=1">x</a>',
  'data link': '<a href="data:text/html,<script>top.pwned=1</script>">x</a>',
  frame: '<iframe srcdoc="<script>top.pwned=1</script>"></iframe><iframe src="javascript:top.pwned=1"></iframe>',
  object: '<object data="data:text/html,<script>top.pwned=1</script>"></object><embed src="/__hit?embed">',
  'remote picture':
    '<img src="/__hit?img"><img src="http://HOST/__hit?img2"><img srcset="http://HOST/__hit?srcset 1x">',
  'background picture':
    '<table background="http://HOST/__hit?bg"><tr><td style="background:url(http://HOST/__hit?css)">x</td></tr></table>',
  'style sheet': '<style>@import "http://HOST/__hit?import";body{background:url(http://HOST/__hit?sheet)}</style>',
  link: '<link rel=stylesheet href="http://HOST/__hit?link"><link rel=prefetch href="http://HOST/__hit?prefetch"><link rel="dns-prefetch" href="http://HOST">',
  refresh: '<meta http-equiv=refresh content="0;url=http://HOST/__hit?refresh">',
  base: '<base href="http://HOST/"><img src="__hit?base">',
  form: '<form action="http://HOST/__hit?form"><input name=password autofocus onfocus="top.pwned=1"><button>Log in</button></form>',
  media:
    '<video poster="http://HOST/__hit?poster" src="http://HOST/__hit?video" autoplay></video><audio src="http://HOST/__hit?audio" autoplay></audio>',
  'broken comment': '<!--><img src=x onerror=top.pwned=1>--><!--[if gte IE 4]><script>top.pwned=1</script><![endif]-->',
  'foreign namespace':
    '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=x onerror=top.pwned=1&gt;">',
  noscript: '<noscript><p title="</noscript><img src=x onerror=top.pwned=1>">',
  template: '<template><script>top.pwned=1</script></template><xmp><img src=x onerror=top.pwned=1></xmp>',
  'attribute break': '<img alt="`><script>top.pwned=1</script>" title=\'"><script>top.pwned=1</script>\'>',
  'over the page': '<div style="position:fixed;inset:0;z-index:9999;background:#fff">Log in again</div>',
  'id of our page': '<img name=pwned id=app><a id=toasts name=csrf>x</a>',
}
