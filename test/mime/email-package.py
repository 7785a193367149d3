"""Random messages, well-formed and broken, and what Python's email package makes of each. One JSON line for each message."""
import base64, json, random, sys
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.utils import collapse_rfc2231_value, getaddresses

rng = random.Random(int(sys.argv[1]))
COUNT = int(sys.argv[2])
WORDS = ['alpha', 'beta', 'Größe', 'x', '日本語', 'a-b_c', '1', 'long ' * 12 + 'end']
ASCII = ['alpha', 'beta', 'gamma', 'a-b_c', '1', 'from', 'x.y']


def ascii_word():
    return rng.choice(ASCII)


def encoded_word():
    text = rng.choice(WORDS)
    if rng.random() < 0.5:
        return '=?utf-8?B?%s?=' % base64.b64encode(text.encode()).decode()
    return '=?UTF-8?q?%s?=' % ''.join(c if c.isascii() and c.isalnum() else ''.join('=%02X' % b for b in c.encode()) for c in text)


def parameter(name):
    kind = rng.randrange(6)
    if kind == 0:
        return '%s=%s' % (name, ascii_word())
    if kind == 1:
        return '%s="%s %s"' % (name, ascii_word(), ascii_word())
    if kind == 2:
        return '%s="a \\"quoted\\" one; b=c"' % name
    if kind == 3:
        return "%s*=utf-8''%s" % (name, ''.join('%%%02X' % b for b in rng.choice(WORDS).encode()))
    if kind == 4:
        return '%s*0="%s"; %s*1="%s"' % (name, ascii_word(), name, ascii_word())
    return "%s*0*=utf-8'en'%%C3%%BC%s; %s*1=\"%s\"" % (name, ascii_word(), name, ascii_word())


def fold(line):
    return line.replace('; ', rng.choice(['; ', ';\r\n ', ';\r\n\t']))


def address():
    kind = rng.randrange(5)
    spec = '%s@%s.example' % (ascii_word(), ascii_word().replace('_', ''))
    return [spec, '<%s>' % spec, '%s <%s>' % (ascii_word().replace('.', ''), spec), '"%s, %s" <%s>' % (ascii_word(), ascii_word(), spec),
            '%s <%s>' % (encoded_word(), spec)][kind]


def body_lines():
    lines = [rng.choice(['', 'text', '--', '--not', ' --b0', 'From here', 'ü', '.', 'x' * 80, '=E4=', '--b']) for _ in range(rng.randrange(6))]
    return '\r\n'.join(lines) + rng.choice(['', '\r\n', '\r\n\r\n'])


count = [0]


def digest_part(depth):
    """without a Content-Type: a message (RFC 2046 5.1.5)"""
    return [], message(depth + 1)


def entity(depth):
    """header lines and body"""
    kind = rng.randrange(10) if depth < 5 else rng.randrange(6)
    head = []
    if rng.random() < 0.3:
        head.append(fold('Content-Disposition: %s; %s' % (rng.choice(['attachment', 'inline', 'INLINE']), parameter('filename'))))
    if rng.random() < 0.2:
        head.append('Content-ID: <%s@x>' % ascii_word())
    if kind < 2:
        body = body_lines()
    elif kind < 5:
        head.append(fold('Content-Type: %s; %s; %s' % (rng.choice(['text/plain', 'text/html', 'TEXT/Plain', 'application/octet-stream', 'image/png']),
                                                    rng.choice(['charset=utf-8', 'charset="iso-8859-1"', parameter('format')]), parameter('name'))))
        cte = rng.choice(['7bit', '8bit', 'base64', 'quoted-printable', 'BASE64', None])
        if cte:
            head.append('Content-Transfer-Encoding: ' + cte)
        body = body_lines()
        if cte and cte.lower() == 'base64':
            body = base64.encodebytes(body.encode()).decode().replace('\n', '\r\n')
    elif kind == 5:
        head.append(rng.choice(['Content-Type: text', 'Content-Type: ', 'Content-Type: text/plain; =x', 'Content-type: text/html',
                                'Content-Type: text/html;', 'Content-Type: a/b/c', 'X: y']))
        body = body_lines()
    elif kind == 6:
        head.append('Content-Type: message/rfc822')
        body = message(depth + 1)
    else:
        count[0] += 1
        boundary = rng.choice(['b%d' % count[0], 'b%d=_x y' % count[0], "'()+_,-./:=?%d" % count[0]])
        subtype = rng.choice(['mixed', 'alternative', 'digest', 'related'])
        head.append(fold('Content-Type: multipart/%s; boundary="%s"; %s' % (subtype, boundary, parameter('x'))))
        parts = [digest_part(depth + 1) if subtype == 'digest' else entity(depth + 1) for _ in range(rng.randrange(1, 4))]
        body = rng.choice(['', 'preamble\r\n', '\r\n'])
        for part_head, part_body in parts:
            body += '--%s%s\r\n' % (boundary, rng.choice(['', '', ' ', '\t']))
            body += ''.join(h + '\r\n' for h in part_head) + '\r\n' + part_body + '\r\n'
        body += rng.choice(['--%s--\r\n' % boundary, '--%s--' % boundary, '--%s--\r\nepilogue\r\n' % boundary])
    return head, body


def message(depth=0):
    head, body = entity(depth)
    top = ['From: %s' % address(), 'To: %s' % ', '.join(address() for _ in range(rng.randrange(1, 4))),
           'Subject: %s' % ' '.join(rng.choice([encoded_word, ascii_word])() for _ in range(rng.randrange(1, 4)))]
    if rng.random() < 0.3:
        top.append('Cc: %s: %s;' % (ascii_word().replace('.', ''), ', '.join(address() for _ in range(rng.randrange(3)))))
    rng.shuffle(top)
    return ''.join(h + '\r\n' for h in top + ['MIME-Version: 1.0'] + head) + '\r\n' + body


def octets(text):
    return text.encode('utf-8', 'surrogateescape')


def b64(data):
    return base64.b64encode(data).decode()


def params(part, header):
    found = part.get_params(None, header, unquote=True) or []
    return sorted([name.lower(), collapse_rfc2231_value(value).replace('\r\n', '')] for name, value in found[1:] if name)


def latin1(data):
    return data.decode('latin1')


def tree(part):
    node = {'type': part.get_content_type(), 'params': params(part, 'content-type'), 'disposition': part.get_content_disposition(),
            'encoding': (part.get('content-transfer-encoding') or '7bit').strip().lower()}
    payload = part.get_payload()
    if isinstance(payload, list) and part.get_content_maintype() == 'multipart':
        node['children'] = [tree(child) for child in payload]
    elif isinstance(payload, list):
        node['message'] = tree(payload[0])
    else:
        # get_payload() would decode the charset.
        node['raw'] = latin1(part._payload.encode('ascii', 'surrogateescape'))
        node['decoded'] = latin1(part.get_payload(decode=True))
    return node


def decoded(text):
    return str(make_header(decode_header(text)))


for _ in range(COUNT):
    raw = message().encode()
    parsed = message_from_bytes(raw, policy=policy.compat32)
    print(json.dumps({'raw': b64(raw), 'tree': tree(parsed), 'subject': decoded(parsed['subject']),
                      'to': [list(one) for one in getaddresses([parsed['to']])]}))
