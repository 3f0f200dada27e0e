#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Engine-neutral runner for the OWASP CRS regression tests (schemas of CRS 3.3.x and CRS 4.x).

It sends the raw request of every test stage to HOST:PORT and decides pass or fail from an audit
file that the firewall under test appends to, one JSON object per line:

    {"id": "<value of the X-CRS-Test request header, or empty>", "rules": [920350, 942100],
     "log": ["optional text lines, one per matched rule"]}

"rules" lists the ids of all rules that matched and are marked for logging, in any order.
Only "id" and "rules" are required.  "log" lets tests with match_regex be judged on message text;
without it the runner makes up lines of the form [id "NNN"].

Sub-commands:
  run      send tests, judge them, print a summary, write a report
  backend  the origin server that the tests expect (reflects what /reflect asks for, else empty 200)
  dump     write the raw request of each stage to files (for fuzz corpora and benchmarks)

Needs Python 3.9+ and PyYAML.
"""
import argparse, base64, collections, concurrent.futures, json, os, re, socket, socketserver
import sys, threading, time, urllib.parse, uuid
import yaml

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
FORM = "application/x-www-form-urlencoded"
BODY_METHODS = {"POST", "PUT", "PATCH", "DELETE"}
REPEAT = re.compile(r'\{\{\s*"([^"]*)"\s*\|\s*repeat\s+(\d+)\s*\}\}')


# ---------------------------------------------------------------- test files

class Stage:
    """One request plus what is expected of it, whatever schema it came from."""

    def __init__(self, rule, test, number, inp, out):
        self.rule, self.test, self.number, self.inp, self.out = rule, test, number, inp, out
        self.tag = ""            # correlation id, set when sent
        self.raw = b""
        self.bracket = False     # true: the id header cannot be put into the request
        self.status = None
        self.error = None

    @property
    def name(self):
        return "%s-%s" % (self.rule, self.test)


def load_tests(root):
    """Yield lists of stages, one list per test case."""
    files = []
    if os.path.isfile(root):
        files = [root]
    for base, _dirs, names in os.walk(root):
        files += [os.path.join(base, n) for n in names if n.endswith((".yaml", ".yml"))]
    for path in sorted(files):
        with open(path, "rb") as fh:
            doc = yaml.load(fh.read().decode("utf-8", "surrogateescape"), Loader=LOADER)
        if not doc or (doc.get("meta") or {}).get("enabled") is False:
            continue
        for case in doc.get("tests") or []:
            if "test_title" in case:                       # CRS 3.x: "<rule>-<n>"
                rule, _, test = str(case["test_title"]).partition("-")
            else:
                rule, test = str(doc.get("rule_id")), str(case["test_id"])
            stages = []
            for n, st in enumerate(case["stages"]):
                st = st.get("stage", st)
                stages.append(Stage(rule, test, n, st["input"], st.get("output") or {}))
            yield stages


def load_overrides(path):
    """Platform overrides replace the expectations of a test: {(rule, test): output}."""
    table = {}
    if path:
        with open(path) as fh:
            doc = yaml.load(fh, Loader=LOADER)
        for o in doc.get("test_overrides") or []:
            for t in o["test_ids"]:
                table[(str(o["rule_id"]), str(t))] = o.get("output") or {}
    return table


# ---------------------------------------------------------------- building the request

def to_bytes(value):
    return str(value).encode("utf-8", "surrogateescape")


def expand(data):
    return REPEAT.sub(lambda m: m.group(1) * int(m.group(2)), data)


def form_encode(data):
    """Percent-encode key=value pairs unless the text already looks encoded."""
    if urllib.parse.unquote_plus(data, errors="surrogateescape") != data:
        return data
    parts = []
    for token in data.split("&"):
        if not token:
            continue
        key, eq, val = token.partition("=")
        q = lambda s: urllib.parse.quote_plus(s, safe="~", errors="surrogateescape")
        parts.append(q(key) + eq + q(val))
    return "&".join(parts)


def build(stage, header):
    """Fill stage.raw; put the correlation header in where the request allows it."""
    i = stage.inp
    tag = to_bytes("%s: %s\r\n" % (header, stage.tag))
    raw = None
    if i.get("encoded_request"):
        raw = base64.b64decode(i["encoded_request"])
    elif i.get("raw_request"):
        raw = to_bytes(i["raw_request"])
    if raw is not None:
        head, sep, body = raw.partition(b"\r\n\r\n")
        lines = head.split(b"\r\n")
        if sep and len(lines) > 1 and re.search(rb" HTTP/1\.[01]$", lines[0]):
            stage.raw = head + b"\r\n" + tag + b"\r\n" + body
        else:
            stage.raw, stage.bracket = raw, True
        return
    headers = i.get("headers") or {}
    pairs = [(h["name"], h["value"]) for h in headers] if isinstance(headers, list) else list(headers.items())
    pairs = [(str(k), "" if v is None else v) for k, v in pairs]
    have = lambda n: next((str(v) for k, v in pairs if k.lower() == n), None)
    auto = not (i.get("stop_magic") is True or i.get("autocomplete_headers") is False)
    data = i.get("data")
    if data is None and i.get("encoded_data"):
        data = base64.b64decode(i["encoded_data"]).decode("utf-8", "surrogateescape")
    if isinstance(data, list):
        data = "\r\n".join(str(d) for d in data)
    data = "" if data is None else expand(str(data))
    if data and auto:
        if have("content-type") is None:
            pairs.append(("Content-Type", FORM))
        if have("content-type") == FORM:
            data = form_encode(data)
    if "multipart/form-data;" in (have("content-type") or ""):
        data = data.replace("\r\n", "\n").replace("\n", "\r\n")
    body = to_bytes(data)
    method = str(i.get("method", "GET"))
    if auto:
        if have("connection") is None:
            pairs.append(("Connection", "close"))
        if have("content-length") is None and (body or method in BODY_METHODS):
            pairs.append(("Content-Length", str(len(body))))
    line = to_bytes("%s %s %s\r\n" % (method, i.get("uri", "/"), i.get("version", "HTTP/1.1")))
    head = b"".join(to_bytes(k) + b": " + to_bytes(v) + b"\r\n" for k, v in pairs)
    if b"HTTP/0.9" in line or not str(i.get("version", "HTTP/1.1")):
        stage.bracket = True
        stage.raw = line + head + b"\r\n" + body
    else:
        stage.raw = line + head + tag + b"\r\n" + body


# ---------------------------------------------------------------- talking to the server

class Target:
    def __init__(self, a):
        self.addr, self.src, self.timeout, self.header, self.host = (a.host, a.port), a.source_ip, a.timeout, a.header, a.host_header

    def exchange(self, raw):
        """Send bytes, return (status or None, error or None)."""
        try:
            s = socket.create_connection(self.addr, self.timeout, (self.src, 0) if self.src else None)
        except OSError as e:
            return None, "connect: %s" % e
        try:
            s.settimeout(self.timeout)
            try:
                s.sendall(raw)
            except OSError:
                pass                       # the server may answer and close before reading it all
            buf = b""
            need = None
            while need is None or len(buf) < need:
                try:
                    chunk = s.recv(65536)
                except socket.timeout:
                    if not buf:
                        return None, "timeout"
                    break
                except OSError as e:
                    if not buf:
                        return None, str(e)
                    break
                if not chunk:
                    break
                buf += chunk
                if need is None and b"\r\n\r\n" in buf:
                    head, _, _ = buf.partition(b"\r\n\r\n")
                    low = head.lower()
                    m = re.search(rb"\r\ncontent-length:\s*(\d+)", low)
                    if m:
                        need = len(head) + 4 + int(m.group(1))
                    elif b"\r\ntransfer-encoding:" in low and buf.endswith(b"0\r\n\r\n"):
                        break
            m = re.match(rb"HTTP/\d(?:\.\d)? (\d{3})", buf)
            if m:
                return int(m.group(1)), None
            return None, "no status line" if buf else "closed without answer"
        finally:
            s.close()

    def marker(self, tag):
        self.exchange(to_bytes("GET /status/200 HTTP/1.1\r\nHost: %s\r\nUser-Agent: crs-runner\r\nAccept: */*\r\n"
                               "Connection: close\r\n%s: %s\r\n\r\n" % (self.host, self.header, tag)))


# ---------------------------------------------------------------- audit files

def rec_jsonl(line, header):
    d = json.loads(line)
    return d.get("id") or "", [int(r) for r in d["rules"]], d.get("log")


def rec_modsec(line, header):
    """One line of libmodsecurity's serial JSON audit log."""
    t = json.loads(line)["transaction"]
    hd = {k.lower(): v for k, v in (t.get("request", {}).get("headers") or {}).items()}
    rules, log = [], []
    for m in t.get("messages") or []:
        d = m.get("details") or {}
        rid = int(d.get("ruleId") or 0)
        rules.append(rid)
        log.append('%s [id "%d"] [msg "%s"] [data "%s"]' % (d.get("match", ""), rid, m.get("message", ""), d.get("data", "")))
    return hd.get(header.lower(), ""), rules, log


ADAPTERS = {"jsonl": rec_jsonl, "modsec-json": rec_modsec}


class Audit:
    """Follows the audit file from where it ended when the run began."""

    def __init__(self, path, adapter, header):
        self.path, self.parse, self.header = path, ADAPTERS[adapter], header
        self.offset = os.path.getsize(path) if os.path.exists(path) else 0
        self.tail = b""
        self.order = []            # (id, rules, log) in file order
        self.byid = collections.defaultdict(list)
        self.bad = 0

    def poll(self):
        if not os.path.exists(self.path):
            return
        with open(self.path, "rb") as fh:
            fh.seek(self.offset)
            data = fh.read()
        self.offset += len(data)
        lines = (self.tail + data).split(b"\n")
        self.tail = lines.pop()
        for ln in lines:
            if not ln.strip():
                continue
            try:
                rec = self.parse(ln.decode("utf-8", "replace"), self.header)
            except (ValueError, KeyError, TypeError, AttributeError):
                self.bad += 1
                continue
            self.byid[rec[0]].append(len(self.order))
            self.order.append(rec)

    def wait(self, tag, seconds):
        end = time.time() + seconds
        while time.time() < end:
            self.poll()
            if tag in self.byid:
                return True
            time.sleep(0.02)
        return False


# ---------------------------------------------------------------- judging

def ids(x):
    if x is None:
        return []
    return [int(v) for v in (x if isinstance(x, list) else [x])]


def judge(stage, out, rules, log):
    """Return None for pass, else the reason of the failure."""
    lines = log if log is not None else ['[id "%d"]' % r for r in rules]
    # control characters are shown escaped, as in a text log: one line per rule
    text = "\n".join(re.sub(r"[\x00-\x1f]", lambda m: "\\x%02x" % ord(m.group()), x) for x in lines)
    got = set(rules)
    if out.get("expect_error"):
        # an answer of the server that refuses the request counts as the expected error as well
        return None if stage.error or (stage.status or 0) >= 400 else "expected an error, got status %s" % stage.status
    want = out.get("status")
    if stage.error and (want or not (out.get("log") or {}).get("no_expect_ids")) and not out.get("no_log_contains"):
        return "no answer: %s" % stage.error
    if want is not None:
        want = want if isinstance(want, list) else [want]
        if stage.status not in [int(w) for w in want]:
            return "status %s, expected %s" % (stage.status, want)
    log_exp = out.get("log") or {}
    miss = [r for r in ids(log_exp.get("expect_ids")) if r not in got]
    if miss:
        return "rules not matched: %s" % miss
    extra = [r for r in ids(log_exp.get("no_expect_ids")) if r in got]
    if extra:
        return "rules matched against expectation: %s" % extra
    if log_exp.get("match_regex") and not re.search(log_exp["match_regex"].strip(), text):
        return "log lacks %r" % log_exp["match_regex"]
    if log_exp.get("no_match_regex") and re.search(log_exp["no_match_regex"].strip(), text):
        return "log has %r" % log_exp["no_match_regex"]
    if out.get("log_contains") and not re.search(out["log_contains"], text):
        return "log lacks %r" % out["log_contains"]
    if out.get("no_log_contains") and re.search(out["no_log_contains"], text):
        return "log has %r" % out["no_log_contains"]
    return None


# ---------------------------------------------------------------- commands

def cmd_run(a):
    nonce = uuid.uuid4().hex[:6]
    over = load_overrides(a.overrides)
    inc, exc = (re.compile(x) if x else None for x in (a.include, a.exclude))
    cases = [c for c in load_tests(a.tests)
             if c and (not inc or inc.search(c[0].name)) and (not exc or not exc.search(c[0].name))]
    target, audit = Target(a), Audit(a.audit, a.adapter, a.header)
    for c in cases:
        for s in c:
            s.tag = "%s-%s-%d-%s" % (s.rule, s.test, s.number, nonce)
            build(s, a.header)
    straight = [c for c in cases if not any(s.bracket for s in c)]
    bracketed = [c for c in cases if any(s.bracket for s in c)]
    start = time.time()

    def send(case):
        for s in case:
            s.status, s.error = target.exchange(s.raw)

    with concurrent.futures.ThreadPoolExecutor(a.workers) as pool:
        list(pool.map(send, straight))
    spans = {}
    for c in bracketed:
        for s in c:
            b, e = s.tag + "-b", s.tag + "-e"
            target.marker(b)
            audit.wait(b, a.settle)
            s.status, s.error = target.exchange(s.raw)
            target.marker(e)
            audit.wait(e, a.settle)
            if b in audit.byid and e in audit.byid:
                spans[s.tag] = (audit.byid[b][0] + 1, audit.byid[e][0])
    final = "end-" + nonce
    target.marker(final)
    if not audit.wait(final, a.settle):
        print("warning: the final marker did not reach the audit file", file=sys.stderr)
    time.sleep(a.linger)
    audit.poll()
    took = time.time() - start
    results, group = [], collections.Counter()
    for c in cases:
        reason, matched = None, []
        for s in c:
            recs = [audit.order[n] for n in audit.byid.get(s.tag, [])]
            if s.tag in spans:
                lo, hi = spans[s.tag]
                recs = [r for r in audit.order[lo:hi] if not r[0]]
            rules = [r for rec in recs for r in rec[1]]
            logs = None
            if recs and all(rec[2] is not None for rec in recs):
                logs = [x for rec in recs for x in rec[2]]
            matched = rules
            out = over.get((s.rule, s.test), s.out)
            reason = judge(s, out, rules, logs)
            if reason:
                reason = "stage %d: %s (status %s, rules %s)" % (s.number, reason, s.status, sorted(set(rules)))
                break
        results.append({"test": c[0].name, "pass": reason is None, "reason": reason, "rules": sorted(set(matched)),
                        "overridden": (c[0].rule, c[0].test) in over})
        group[(c[0].rule[:3], reason is None)] += 1
    ok = sum(r["pass"] for r in results)
    if a.report:
        with open(a.report, "w") as fh:
            json.dump({"passed": ok, "failed": len(results) - ok, "seconds": round(took, 1), "results": results}, fh, indent=1)
    for r in results:
        if not r["pass"] and not a.quiet:
            print("FAIL %s: %s" % (r["test"], r["reason"]))
    for g in sorted({k[0] for k in group}):
        print("group %s: %d passed, %d failed" % (g, group[(g, True)], group[(g, False)]))
    print("tests %d  passed %d  failed %d  (overridden %d, bracketed %d, bad audit lines %d)  %.1f s"
          % (len(results), ok, len(results) - ok, sum(r["overridden"] for r in results), len(bracketed), audit.bad, took))
    return 0 if ok == len(results) else 1


def cmd_dump(a):
    os.makedirs(a.out, exist_ok=True)
    n = 0
    for c in load_tests(a.tests):
        for s in c:
            s.tag = "0"
            build(s, a.header)
            with open(os.path.join(a.out, "%s-%s-%d.http" % (s.rule, s.test, s.number)), "wb") as fh:
                fh.write(s.raw)
            n += 1
    print("%d requests" % n)
    return 0


class Origin(socketserver.StreamRequestHandler):
    timeout = 15

    def handle(self):
        try:
            while self.one():
                pass
        except (OSError, ValueError):
            pass

    def one(self):
        line = self.rfile.readline(1 << 20)
        if not line.strip():
            return False
        parts = line.split()
        method, path = parts[0], parts[1] if len(parts) > 1 else b"/"
        hd = {}
        while True:
            h = self.rfile.readline(1 << 20)
            if h in (b"\r\n", b"\n", b""):
                break
            k, _, v = h.partition(b":")
            hd[k.strip().lower()] = v.strip()
        body = b""
        if b"chunked" in hd.get(b"transfer-encoding", b"").lower():
            while True:
                size = int(self.rfile.readline().split(b";")[0], 16)
                if not size:
                    self.rfile.readline()
                    break
                body += self.rfile.read(size)
                self.rfile.readline()
        else:
            body = self.rfile.read(int(hd.get(b"content-length", b"0") or 0))
        status, headers, reply = 200, {}, b""
        if method == b"POST" and path.split(b"?")[0].rstrip(b"/") == b"/reflect":
            try:
                spec = json.loads(body)
                status = int(spec.get("status") or 200)
                headers = dict(spec.get("headers") or {})
                reply = spec["body"].encode("utf-8", "surrogateescape") if spec.get("body") else base64.b64decode(spec.get("encodedBody") or "")
            except (ValueError, TypeError, AttributeError):
                status, reply = 400, b"bad reflection request"
        if reply and "content-type" not in {k.lower() for k in headers}:
            headers["Content-Type"] = "text/plain; charset=utf-8"
        keep = hd.get(b"connection", b"").lower() == b"keep-alive"
        out = "HTTP/1.1 %d X\r\n" % status + "".join("%s: %s\r\n" % kv for kv in headers.items())
        out += "Content-Length: %d\r\nConnection: %s\r\n\r\n" % (len(reply), "keep-alive" if keep else "close")
        self.wfile.write(out.encode("utf-8", "surrogateescape") + (b"" if method == b"HEAD" else reply))
        return keep


def cmd_backend(a):
    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True
        request_queue_size = 128
    with Server((a.host, a.port), Origin) as srv:
        srv.serve_forever()
    return 0


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    sub = p.add_subparsers(dest="cmd", required=True)
    r = sub.add_parser("run")
    r.add_argument("--tests", required=True, help="directory (or one file) with the YAML tests")
    r.add_argument("--host", default="127.0.0.1")
    r.add_argument("--port", type=int, required=True)
    r.add_argument("--host-header", default="localhost", help="Host of marker requests")
    r.add_argument("--audit", required=True, help="audit file of the engine under test")
    r.add_argument("--adapter", choices=sorted(ADAPTERS), default="jsonl")
    r.add_argument("--overrides", help="platform overrides (YAML of the CRS repository)")
    r.add_argument("--header", default="X-CRS-Test")
    r.add_argument("--source-ip", default="127.0.0.9", help="local address to send from; CRS exempts some requests of 127.0.0.1")
    r.add_argument("--include")
    r.add_argument("--exclude")
    r.add_argument("--workers", type=int, default=4)
    r.add_argument("--timeout", type=float, default=5.0)
    r.add_argument("--settle", type=float, default=10.0)
    r.add_argument("--linger", type=float, default=1.0)
    r.add_argument("--report")
    r.add_argument("--quiet", action="store_true")
    d = sub.add_parser("dump")
    d.add_argument("--tests", required=True)
    d.add_argument("--out", required=True)
    d.add_argument("--header", default="X-CRS-Test")
    b = sub.add_parser("backend")
    b.add_argument("--host", default="127.0.0.1")
    b.add_argument("--port", type=int, required=True)
    a = p.parse_args()
    return {"run": cmd_run, "dump": cmd_dump, "backend": cmd_backend}[a.cmd](a)


if __name__ == "__main__":
    sys.exit(main())
