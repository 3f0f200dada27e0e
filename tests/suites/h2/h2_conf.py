#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""HTTP/2 conformance by raw frames, after RFC 9113 and RFC 7541. usage: h2_conf.py HOST PORT   env: TLS=1 VHOST=localhost JOBS=8 MIN=all ONLY=regex
Expectations: conn = GOAWAY or close; stream = RST_STREAM, or a 4xx answer (RFC 9113 8.1.1 lets a server answer a malformed
request before resetting it), or conn; ok = 200; ack = PING reply; settings = SETTINGS acknowledged; alive = a later request on the connection gets 200."""
import concurrent.futures as cf, os, re, socket, ssl, struct, sys, time
import hpack
E = os.environ.get; H, P = sys.argv[1], int(sys.argv[2]); TLS = E('TLS', '1') == '1'; VH = E('VHOST', 'localhost').encode()
PRE = b'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'
def fr(t, fl=0, sid=0, b=b''): return struct.pack('>I', len(b))[1:] + bytes([t, fl]) + struct.pack('>I', sid) + b
lit = lambda n, v: b'\0' + bytes([len(n)]) + n + bytes([len(v)]) + v
SCH = b'\x87' if TLS else b'\x86'; AUTH = b'\x01' + bytes([len(VH)]) + VH
GET = b'\x82' + SCH + b'\x84' + AUTH; POST = b'\x83' + SCH + b'\x84' + AUTH
DATA, HDRS, PRIO, RST, SETT, PUSH, PING, GOAWAY, WIN, CONT = range(10); ES, EH, PAD, PR = 1, 4, 8, 32
req = lambda sid=1, h=GET, fl=ES | EH: fr(HDRS, fl, sid, h)
u32 = lambda x: struct.pack('>I', x)
C = []
def c(name, want, *parts, setup=None, pre=PRE, first=fr(SETT)): C.append((name, want, b''.join(parts), pre, first))
# 3.4 preface
c('3.4 wrong preface', 'conn', pre=b'PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n'); c('3.4 preface without SETTINGS first', 'conn', fr(PING, 0, 0, b'12345678'), first=b'')
# 4 frames
c('4.1 unknown frame type ignored', 'ok', fr(0x16, 0, 0, b'abc'), req()); c('4.1 unknown flags ignored', 'ack', fr(PING, 0x16, 0, b'\0' * 8)); c('4.1 reserved bit ignored', 'ack', fr(PING, 0, 0x80000000, b'12345678'))
c('4.2 frame over the maximum size', 'conn', req(1, POST, EH), fr(DATA, ES, 1, b'x' * 16385)); c('4.2 HEADERS over the maximum size', 'conn', req(1, GET + lit(b'a', b'b') * 4100)); c('4.2 DATA at the maximum size', 'ok', req(1, POST, EH), fr(DATA, ES, 1, b'x' * 16384))
c('4.3 broken header block', 'conn', req(1, b'\x40')); c('4.3 header block interrupted by PRIORITY', 'conn', req(1, GET, ES), fr(PRIO, 0, 1, u32(0) + b'\x0f'), fr(CONT, EH, 1)); c('4.3 header block interrupted by another stream', 'conn', req(1, GET, ES), fr(CONT, EH, 3))
# 5.1 states
for n, f in (('DATA', fr(DATA, 0, 1, b'x')), ('RST_STREAM', fr(RST, 0, 1, u32(8))), ('WINDOW_UPDATE', fr(WIN, 0, 1, u32(100))), ('CONTINUATION', fr(CONT, EH, 1, GET))): c(f'5.1 {n} on an idle stream', 'conn', f)
c('5.1 DATA after END_STREAM', 'stream', req(), fr(DATA, ES, 1, b'x')); c('5.1 HEADERS after END_STREAM', 'stream', req(), req()); c('5.1 CONTINUATION after END_HEADERS', 'conn', req(), fr(CONT, EH, 1, GET)); c('5.1 HEADERS after RST_STREAM', 'stream', req(1, GET, EH), fr(RST, 0, 1, u32(8)), req()); c('5.1 DATA after RST_STREAM', 'quiet', req(1, POST, EH), fr(RST, 0, 1, u32(8)), fr(DATA, ES, 1, b'x'))
c('5.1 RST_STREAM on a closed stream', 'alive', req(), fr(RST, 0, 1, u32(8))); c('5.1 PRIORITY on an idle stream', 'ok', fr(PRIO, 0, 5, u32(0) + b'\x0f'), req(7)); c('5.1.1 even stream number', 'conn', req(2)); c('5.1.1 smaller stream number', 'conn', req(5), req(3)); c('5.1.2 more streams than allowed', 'stream', b''.join(req(1 + 2 * i, POST, EH) for i in range(3000)))
c('5.3 stream depends on itself', 'any', fr(HDRS, ES | EH | PR, 1, u32(1) + b'\x0f' + GET)); c('5.5 extension settings ignored', 'settings', fr(SETT, 0, 0, struct.pack('>HI', 0xff, 1)))
# 6 frame definitions
c('6.1 DATA on stream 0', 'conn', fr(DATA, 0, 0, b'x')); c('6.1 padding longer than DATA', 'conn', req(1, POST, EH), fr(DATA, ES | PAD, 1, b'\x06five5')); c('6.1 padded DATA', 'ok', req(1, POST, EH), fr(DATA, ES | PAD, 1, b'\x05hello\0\0\0\0\0'))
c('6.2 HEADERS on stream 0', 'conn', req(0)); c('6.2 padding longer than HEADERS', 'conn', fr(HDRS, ES | EH | PAD, 1, b'\xff' + GET)); c('6.2 padded HEADERS with priority', 'ok', fr(HDRS, ES | EH | PAD | PR, 1, b'\x02' + u32(0) + b'\x0f' + GET + b'\0\0'))
c('6.3 PRIORITY on stream 0', 'conn', fr(PRIO, 0, 0, u32(0) + b'\x0f')); c('6.3 PRIORITY of wrong length', 'stream', req(1, POST, EH), fr(PRIO, 0, 1, b'\0\0\0\1')); c('6.4 RST_STREAM on stream 0', 'conn', fr(RST, 0, 0, u32(8))); c('6.4 RST_STREAM of wrong length', 'conn', req(1, POST, EH), fr(RST, 0, 1, b'\0\0\0'))
c('6.5 SETTINGS acknowledged', 'settings', fr(SETT, 0, 0, struct.pack('>HI', 3, 100))); c('6.5 acknowledgement with a body', 'conn', fr(SETT, 1, 0, b'\0' * 6)); c('6.5 SETTINGS on a stream', 'conn', fr(SETT, 0, 1, struct.pack('>HI', 3, 100))); c('6.5 SETTINGS of wrong length', 'conn', fr(SETT, 0, 0, b'\0\3\0'))
for n, k, v in (('ENABLE_PUSH 2', 2, 2), ('INITIAL_WINDOW_SIZE over 2^31-1', 4, 1 << 31), ('MAX_FRAME_SIZE under 16384', 5, 16383), ('MAX_FRAME_SIZE over 2^24-1', 5, 1 << 24)): c(f'6.5.2 {n}', 'conn', fr(SETT, 0, 0, struct.pack('>HI', k, v)))
c('6.6 PUSH_PROMISE from a client', 'conn', req(1, POST, EH), fr(PUSH, EH, 1, u32(2) + GET)); c('6.7 PING answered', 'ack', fr(PING, 0, 0, b'12345678')); c('6.7 PING acknowledgement not answered', 'alive', fr(PING, 1, 0, b'invalid!')); c('6.7 PING on a stream', 'conn', fr(PING, 0, 1, b'12345678')); c('6.7 PING of wrong length', 'conn', fr(PING, 0, 0, b'123456')); c('6.8 GOAWAY on a stream', 'conn', fr(GOAWAY, 0, 1, u32(0) + u32(0))); c('6.8 GOAWAY then a request', 'any', fr(GOAWAY, 0, 0, u32(0) + u32(0)), req())
c('6.9 zero increment on the connection', 'conn', fr(WIN, 0, 0, u32(0))); c('6.9 zero increment on a stream', 'stream', req(1, POST, EH), fr(WIN, 0, 1, u32(0))); c('6.9 WINDOW_UPDATE of wrong length', 'conn', fr(WIN, 0, 0, b'\0\0\1')); c('6.9.1 connection window overflow', 'conn', fr(WIN, 0, 0, u32(0x7fffffff)) * 2); c('6.9.1 stream window overflow', 'stream', req(1, POST, EH), fr(WIN, 0, 1, u32(0x7fffffff)) * 2); c('6.9.2 window made negative by SETTINGS then opened', 'ok', fr(SETT, 0, 0, struct.pack('>HI', 4, 0)), req(), fr(SETT, 0, 0, struct.pack('>HI', 4, 70000)))
c('6.9.2 overflow through SETTINGS', 'conn', req(1, POST, EH), fr(WIN, 0, 1, u32(0x7fff0000)), fr(SETT, 0, 0, struct.pack('>HI', 4, 0x7fffffff)))
c('6.10 CONTINUATION pieces', 'ok', req(1, GET[:2], ES), fr(CONT, 0, 1, GET[2:3]), fr(CONT, EH, 1, GET[3:])); c('6.10 CONTINUATION on stream 0', 'conn', req(1, GET, ES), fr(CONT, EH, 0)); c('6.10 DATA instead of CONTINUATION', 'conn', req(1, GET, 0), fr(DATA, ES, 1, b'x')); c('6.10 CONTINUATION first', 'conn', fr(CONT, EH, 1, GET))
# 8 messages
c('8.1 POST with trailers', 'ok', req(1, POST, EH), fr(DATA, 0, 1, b'x'), fr(HDRS, ES | EH, 1, lit(b'x-t', b'1'))); c('8.1 second HEADERS without END_STREAM', 'stream', req(1, POST, EH), fr(HDRS, EH, 1, lit(b'x-t', b'1'))); c('8.1 pseudo header in trailers', 'stream', req(1, POST, EH), fr(DATA, 0, 1, b'x'), fr(HDRS, ES | EH, 1, b'\x82'))
for n, h in (('upper-case name', GET + lit(b'X-Test', b'1')), ('space in a name', GET + lit(b'x test', b'1')), ('colon in a name', GET + lit(b'x:test', b'1')), ('empty name', GET + lit(b'', b'1')), ('NUL in a value', GET + lit(b'x', b'a\0b')), ('CR LF in a value', GET + lit(b'x', b'a\r\nb: c')), ('LF in a value', GET + lit(b'x', b'a\nb')), ('leading space in a value', GET + lit(b'x', b' a')), ('unknown pseudo header', lit(b':foo', b'1') + GET), ('response pseudo header', lit(b':status', b'200') + GET), ('pseudo header after a normal one', b'\x82' + SCH + lit(b'x', b'1') + b'\x84' + AUTH),
  ('connection header', GET + lit(b'connection', b'keep-alive')), ('keep-alive header', GET + lit(b'keep-alive', b'1')), ('proxy-connection header', GET + lit(b'proxy-connection', b'close')), ('transfer-encoding header', GET + lit(b'transfer-encoding', b'chunked')), ('upgrade header', GET + lit(b'upgrade', b'h2c')), ('TE other than trailers', GET + lit(b'te', b'gzip')),
  ('empty path', b'\x82' + SCH + lit(b':path', b'') + AUTH), ('no method', SCH + b'\x84' + AUTH), ('no scheme', b'\x82\x84' + AUTH), ('no path', b'\x82' + SCH + AUTH), ('two methods', b'\x82' + GET), ('two schemes', SCH + GET), ('two paths', b'\x84' + GET), ('two authorities', GET[:-len(AUTH)] + AUTH + AUTH), ('host unlike authority', GET + lit(b'host', b'other.test')), ('path without a slash', b'\x82' + SCH + lit(b':path', b'foo') + AUTH), ('space in path', b'\x82' + SCH + lit(b':path', b'/a b') + AUTH), ('CR LF in path', b'\x82' + SCH + lit(b':path', b'/a HTTP/1.1\r\nx: y') + AUTH), ('CR LF in method', lit(b':method', b'GET / HTTP/1.1\r\nx: y\r\n\r\n') + SCH + b'\x84' + AUTH), ('authority with user info', b'\x82' + SCH + b'\x84' + lit(b':authority', b'a@' + VH)), ('two different content lengths', b'\x83' + SCH + b'\x84' + AUTH + lit(b'content-length', b'1') + lit(b'content-length', b'2'))): c('8.2 ' + n, 'stream', req(1, h))
c('8.1.1 content-length larger than the body', 'stream', req(1, POST + lit(b'content-length', b'5'), EH), fr(DATA, ES, 1, b'test')); c('8.1.1 content-length smaller than the body', 'stream', req(1, POST + lit(b'content-length', b'1'), EH), fr(DATA, ES, 1, b'test')); c('8.1.1 content-length with no body', 'stream', req(1, POST + lit(b'content-length', b'5'))); c('8.2 TE: trailers allowed', 'ok', req(1, GET + lit(b'te', b'trailers'))); c('8.2.3 cookie crumbs allowed', 'ok', req(1, GET + lit(b'cookie', b'a=1') + lit(b'cookie', b'b=2')))
# HPACK
c('HPACK index 70 in an empty table', 'conn', req(1, GET + b'\xc6')); c('HPACK index 0', 'conn', req(1, GET + b'\x80')); c('HPACK table size over the limit', 'conn', req(1, b'\x3f\xff\xff\x7f' + GET)); c('HPACK table size update at the end', 'conn', req(1, GET + b'\x20')); c('HPACK Huffman padding over 7 bits', 'conn', req(1, GET + b'\0\x84\xa4\xf8\x4f\xff\x01a')); c('HPACK Huffman padding with zeros', 'conn', req(1, GET + b'\0\x01a\x81\x18')); c('HPACK Huffman EOS', 'conn', req(1, GET + b'\0\x01a\x84\xff\xff\xff\xff')); c('HPACK endless integer', 'conn', req(1, GET + b'\0\x7f' + b'\xff' * 20)); c('HPACK string runs past the block', 'conn', req(1, GET + b'\0\x01a\x7f\x10'))
def ack(s):
    try: s.sendall(fr(SETT, 1))
    except OSError: pass
def talk(case):
    name, want, data, pre, first = case
    s = socket.create_connection((H, P), 5)
    if TLS:
        x = ssl.create_default_context(); x.check_hostname = False; x.verify_mode = ssl.CERT_NONE; x.set_alpn_protocols(['h2']); s = x.wrap_socket(s, server_hostname=VH.decode())
    s.settimeout(1.5); buf = b''; ev = []; dec = hpack.Decoder(); closed = False; probe = False; t_end = time.time() + 3
    try: s.sendall(pre + first + data + (fr(PING, 0, 0, b'fence!!!') if want in ('ok', 'stream', 'settings', 'quiet', 'any') else b''))
    except OSError: pass
    done = False
    while time.time() < t_end and not done:
        try: b = s.recv(65536)
        except socket.timeout:
            if want == 'alive' and not probe:
                probe = True; t_end = time.time() + 2
                try: s.sendall(req(99)); continue
                except OSError: pass
            break
        except OSError: closed = True; break
        if not b: closed = True; break
        buf += b
        while len(buf) >= 9:
            n = int.from_bytes(buf[:3], 'big')
            if len(buf) < 9 + n: break
            t, fl, sid, p = buf[3], buf[4], int.from_bytes(buf[5:9], 'big') & 0x7fffffff, buf[9:9 + n]; buf = buf[9 + n:]
            if t == HDRS:
                try: ev.append(('headers', sid, dict(dec.decode(p)).get(':status')))
                except Exception: ev.append(('headers', sid, '?'))
            elif t == RST: ev.append(('rst', sid, int.from_bytes(p, 'big')))
            elif t == GOAWAY: ev.append(('goaway', 0, int.from_bytes(p[4:8], 'big')))
            elif t == PING and fl & 1: ev.append(('pong', 0, p))
            elif t == SETT: ev.append(('sack', 0, 0) if fl & 1 else ('set', 0, 0)); (ack(s) if not fl & 1 and pre == PRE else None)
        k = [e[0] for e in ev]
        if want == 'conn' and 'goaway' in k: done = True
        if want == 'ok' and any(e[0] == 'headers' for e in ev): done = True
        if want == 'stream' and ('goaway' in k or 'rst' in k or any(e[0] == 'headers' and e[2][:1] == '4' for e in ev)): done = True
        if want == 'ack' and any(e[0] == 'pong' for e in ev): done = True
        if want == 'settings' and k.count('sack') >= 2: done = True
        if want == 'alive' and any(e[0] == 'headers' and e[1] == 99 for e in ev): done = True
    try: s.close()
    except OSError: pass
    k = [e[0] for e in ev]; conn = closed or 'goaway' in k; st = [e[2] for e in ev if e[0] == 'headers']
    ok = {'conn': conn, 'stream': conn or 'rst' in k or any(x and x[0] == '4' for x in st), 'ok': '200' in st, 'ack': any(e[0] == 'pong' for e in ev), 'settings': k.count('sack') >= 2, 'alive': any(e[0] == 'headers' and e[1] == 99 and e[2] == '200' for e in ev), 'quiet': 'headers' not in k or conn, 'any': bool(ev) or closed}[want]
    return name, want, ok, ('closed ' if closed else '') + ' '.join(f'{e[0]}{"/" + str(e[2]) if e[0] in ("headers", "rst", "goaway") else ""}' for e in ev if e[0] not in ('set', 'sack'))[:80]
sel = [x for x in C if re.search(E('ONLY', ''), x[0])]; t0 = time.time()
def safe(x):
    try: return talk(x)
    except Exception as e: return x[0], x[1], False, 'harness: ' + repr(e)[:80]
with cf.ThreadPoolExecutor(int(E('JOBS', '8'))) as ex: R = list(ex.map(safe, sel))
for n, w, ok, why in R:
    if not ok: print(f'  not ok: {n} (want {w}): {why}')
g = sum(r[2] for r in R); need = int(E('MIN', len(R))); print(f"{'PASS' if g >= need else 'FAIL'} {g}/{len(R)} in {time.time() - t0:.0f} s"); sys.exit(0 if g >= need else 1)
