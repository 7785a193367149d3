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
  'mutation, noscript in style': '<svg></p><style><a id="</style><img src=1 onerror=top.pwned=1>">',
  'mutation, nested forms':
    '<form><math><mtext></form><form><mglyph><svg><mtext><style><path id="</style><img onerror=top.pwned=1 src>">',
  'mutation, annotation':
    '<math><annotation-xml encoding="text/html"><style><img title="</style><img src=x onerror=top.pwned=1>">',
  'mutation, select':
    '<select><template shadowrootmode=open><style><!--</style><img src=x onerror=top.pwned=1></template>',
  'mutation, textarea': '<svg><title><textarea></title><img src=x onerror=top.pwned=1></textarea>',
  'mutation, cdata': '<svg><![CDATA[><img src=x onerror=top.pwned=1>]]></svg><![CDATA[><script>top.pwned=1</script>]]>',
  'mutation, processing instruction':
    '<?xml-stylesheet href="http://HOST/__hit?pi"?><?php <img src=x onerror=top.pwned=1> ?>',
  'deep nesting': `${'<div>'.repeat(600)}<img src=x onerror=top.pwned=1>${'</div>'.repeat(600)}`,
  'nul and controls':
    '<scr\u0000ipt>top.pwned=1</scr\u0000ipt><img\u000csrc=x\u000conerror=top.pwned=1><a href="java\u0001script:top.pwned=1">x</a>',
  entities:
    '<a href="&#x6A&#x61&#x76&#x61&#x73&#x63&#x72&#x69&#x70&#x74&colon;top.pwned=1">x</a><a href="javascript&Tab;&colon;top.pwned=1">x</a>',
  'entities in text': '&lt;img src=x onerror=top.pwned=1&gt;&amp;lt;script&amp;gt;top.pwned=1&amp;lt;/script&amp;gt;',
  'svg use and image':
    '<svg><use href="http://HOST/__hit?use#x"/><image href="http://HOST/__hit?svgimage"/><feImage href="http://HOST/__hit?fe"/></svg>',
  'svg animate to javascript':
    '<svg><a><animate attributeName=href values="javascript:top.pwned=1"/><text x=9 y=20>x</text></a><set attributeName=onmouseover to="top.pwned=1"/></svg>',
  'svg foreign object':
    '<svg><foreignObject><iframe srcdoc="<script>top.pwned=1</script>"></iframe></foreignObject></svg>',
  'css exfiltration':
    '<style>input[value^=a]{background:url(http://HOST/__hit?exfil)}@font-face{font-family:x;src:url(http://HOST/__hit?font)}body{font-family:x;cursor:url(http://HOST/__hit?cursor),auto}</style><div style="list-style-image:url(http://HOST/__hit?list);content:url(http://HOST/__hit?content);cursor:url(http://HOST/__hit?cursor2),auto;mask:url(http://HOST/__hit?mask);filter:url(http://HOST/__hit?filter)">x</div>',
  'css escapes':
    '<div style="background:\\75\\72\\6c(http://HOST/__hit?escape);background:url\\28http://HOST/__hit?escape2\\29">x</div><p style="background:image-set(\'http://HOST/__hit?set\' 1x)">y</p><p style="--x:url(http://HOST/__hit?var);background:var(--x)">z</p>',
  'css breaks out':
    '<p style="color:red}</style><script>top.pwned=1</script><style>x{">x</p><font color="red}*{background:url(http://HOST/__hit?font2)}">y</font>',
  'refresh by other ways':
    '<meta http-equiv=Refresh content="0; URL=javascript:top.pwned=1"><meta http-equiv="Set-Cookie" content="mailbox=x">',
  'policy of its own': '<meta http-equiv="Content-Security-Policy" content="script-src *"><script>top.pwned=1</script>',
  'base target': '<base target=_top><a id=bad href="/mail/#/account" target=_top>go</a>',
  'form of others':
    '<button form=x formaction="javascript:top.pwned=1" id=bad>x</button><input type=image src="http://HOST/__hit?input" formaction="http://HOST/__hit?formaction">',
  'isindex and keygen':
    '<isindex action="javascript:top.pwned=1" type=image src="http://HOST/__hit?isindex"><keygen autofocus onfocus=top.pwned=1>',
  'picture sources':
    '<picture><source srcset="http://HOST/__hit?source, x 2x"><img srcset="http://HOST/__hit?set1 1x, http://HOST/__hit?set2 2x" loading=eager></picture><img lowsrc="http://HOST/__hit?lowsrc" dynsrc="http://HOST/__hit?dynsrc">',
  'picture by another protocol':
    '<img src="//HOST/__hit?relative"><img src="\\\\HOST\\__hit?back"><img src="ftp://HOST/__hit?ftp"><img src="blob:http://HOST/x"><img src="hTTp:HOST/__hit?case">',
  'content ids':
    '<img src="cid:../../../__hit?cid"><img src="cid:x" onerror="top.pwned=1"><img src="CID:%2e%2e/__hit?cid2"><img src="mid:x"><a href="cid:x">x</a>',
  'data pictures':
    '<img src="data:image/svg+xml,<svg xmlns=\'http://www.w3.org/2000/svg\' onload=\'top.pwned=1\'><image href=\'http://HOST/__hit?data\'/></svg>"><img src="data:text/html,<script>top.pwned=1</script>"><img src="data:image/png;base64,x onerror=top.pwned=1">',
  'nested frames':
    '<frameset><frame src="http://HOST/__hit?frame"></frameset><iframe src="http://HOST/__hit?iframe" srcdoc="&lt;iframe srcdoc=\'&amp;lt;script&amp;gt;top.pwned=1&amp;lt;/script&amp;gt;\'&gt;"></iframe><portal src="http://HOST/__hit?portal"></portal><fencedframe src="http://HOST/__hit?fenced"></fencedframe>',
  'link kinds':
    '<link rel=icon href="http://HOST/__hit?icon"><link rel=preload as=image href="http://HOST/__hit?preload"><link rel=modulepreload href="http://HOST/__hit?module"><link rel=manifest href="http://HOST/__hit?manifest"><link rel=preconnect href="http://HOST">',
  'ping and download':
    '<a id=bad href="#here" ping="http://HOST/__hit?ping" download>x</a><area href="javascript:top.pwned=1" ping="http://HOST/__hit?ping2">',
  'links of other schemes':
    '<a href="vbscript:x">a</a><a href="file:///etc/passwd">b</a><a href="blob:x">c</a><a href="view-source:http://HOST/__hit?view">d</a><a href=" javascript:top.pwned=1">e</a>',
  'popover and dialog':
    '<dialog open onclose=top.pwned=1>x</dialog><div popover id=p ontoggle=top.pwned=1>x</div><button popovertarget=p>y</button>',
  'custom elements and slots':
    '<x-y onclick=top.pwned=1 is=script>x</x-y><slot onslotchange=top.pwned=1></slot><input onfocus=top.pwned=1 autofocus>',
  'speech and tracks':
    '<video><source onerror=top.pwned=1 src=x><track src="http://HOST/__hit?track" default></video><bgsound src="http://HOST/__hit?bgsound"><applet code=x archive="http://HOST/__hit?applet">',
  marquee:
    '<marquee onstart=top.pwned=1 behavior=alternate>x</marquee><blink>x</blink><plaintext><img src=x onerror=top.pwned=1>',
}
