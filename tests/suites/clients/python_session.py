#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A session of python3-cloudflare. Arguments: a zone that exists. Environment: CLOUDFLARE_API_URL, CLOUDFLARE_API_TOKEN."""
import sys

import CloudFlare

ZONE = sys.argv[1]
cf = CloudFlare.CloudFlare()
raw = CloudFlare.CloudFlare(raw=True)
S = {}


def step(name, fn):
    try:
        if fn() is False:
            raise ValueError('unexpected answer')
        print('ok', name)
    except Exception as e:  # whatever a client raises is a finding
        print('not ok', name, '-', type(e).__name__, str(e)[:200])


def code_of(fn):
    try:
        fn()
    except CloudFlare.exceptions.CloudFlareAPIError as e:
        return int(e)
    return None


def find_zone():
    zones = cf.zones.get(params={'name': ZONE, 'per_page': 1})
    S['z'] = zones[0]['id']
    return len(zones) == 1 and len(S['z']) == 32


def create():
    S['r'] = cf.zones.dns_records.post(S['z'], data={'type': 'A', 'name': 'py', 'content': '192.0.2.9', 'ttl': 60})
    return S['r']['name'] == 'py.' + ZONE and S['r']['ttl'] == 60 and S['r']['proxied'] is False


def a_again():
    return cf.zones.dns_records.post(S['z'], data={'type': 'A', 'name': 'py', 'content': '192.0.2.9', 'ttl': 60})


def many():
    for i in range(12):
        cf.zones.dns_records.post(S['z'], data={'type': 'TXT', 'name': f't{i}', 'content': f'value {i}'})
    got, page = [], 1
    while True:
        r = raw.zones.dns_records.get(S['z'], params={'type': 'TXT', 'per_page': 5, 'page': page})
        got += [x['name'] for x in r['result']]
        if page >= r['result_info']['total_pages']:
            break
        page += 1
    return sorted(got) == sorted(f't{i}.{ZONE}' for i in range(12)) and page == 3


def ruleset():
    rules = [{'action': 'block', 'expression': 'http.request.uri.path eq "/secret"', 'description': 'py'}]
    r = cf.zones.rulesets.phases.entrypoint.put(S['z'], 'http_request_firewall_custom', data={'rules': rules})
    return r['phase'] == 'http_request_firewall_custom' and r['rules'][0]['expression'] == rules[0]['expression']


step('zone by name', find_zone)
step('zones, raw: result_info', lambda: raw.zones.get(params={'name': ZONE})['result_info']['total_count'] == 1)
step('zone by id', lambda: cf.zones.get(S['z'])['name'] == ZONE)
step('accounts', lambda: len(cf.accounts.get()) == 1)
step('user', lambda: isinstance(cf.user.get()['id'], str))
step('token verify', lambda: cf.user.tokens.verify.get()['status'] == 'active')
step('ips', lambda: '192.0.2.200/32' in cf.ips.get()['ipv4_cidrs'])
step('create', create)
step('the same again is 81058', lambda: code_of(a_again) == 81058)
step('put', lambda: cf.zones.dns_records.put(S['z'], S['r']['id'], data={
    'type': 'A', 'name': 'py.' + ZONE, 'content': '192.0.2.10', 'ttl': 60})['content'] == '192.0.2.10')
step('patch', lambda: cf.zones.dns_records.patch(S['z'], S['r']['id'], data={'proxied': True})['proxied'] is True)
step('list with filters', lambda: [x['id'] for x in cf.zones.dns_records.get(S['z'], params={'name': 'py.' + ZONE, 'type': 'A'})] == [S['r']['id']])
step('12 records over pages of 5', many)
step('export', lambda: '192.0.2.10' in cf.zones.dns_records.export.get(S['z']))
step('setting', lambda: cf.zones.settings.browser_cache_ttl.patch(S['z'], data={'value': 7200})['value'] == 7200)
step('setting reads back', lambda: cf.zones.settings.browser_cache_ttl.get(S['z'])['value'] == 7200)
step('all settings', lambda: len(cf.zones.settings.get(S['z'])) > 10)
step('an entry point of a phase', ruleset)
step('rulesets', lambda: any(r['phase'] == 'http_request_firewall_custom' for r in cf.zones.rulesets.get(S['z'])))
step('access rule', lambda: cf.zones.firewall.access_rules.rules.post(S['z'], data={
    'mode': 'block', 'configuration': {'target': 'ip', 'value': '203.0.113.9'}, 'notes': 'py'})['mode'] == 'block')
step('purge everything', lambda: cf.zones.purge_cache.post(S['z'], data={'purge_everything': True})['id'] == S['z'])
step('purge by files, DELETE as old versions do', lambda: cf.zones.purge_cache.delete(S['z'], data={'files': ['http://py.' + ZONE + '/a.css']})['id'] == S['z'])
step('delete', lambda: cf.zones.dns_records.delete(S['z'], S['r']['id'])['id'] == S['r']['id'])
step('deleted: 81044', lambda: code_of(lambda: cf.zones.dns_records.get(S['z'], S['r']['id'])) == 81044)
step('a wrong token', lambda: code_of(lambda: CloudFlare.CloudFlare(token='x' * 40).zones.get()) in (6003, 9109, 10000, 1001))
print('end')
