// SPDX-License-Identifier: Apache-2.0
// What is kept away from a zone: attacks that the autopilot met, what the firewall found, rules of one's own.
import { useState } from 'preact/hooks'
import { ApiError, cf } from '../api'
import { Card, Choice, Empty, Form, Show, Status, Sure, Switch, Table, Text, When, act, number, say, useLoad } from '../ui'
import { useSettings } from './zone_ssl'
import type { ZoneRow } from './zones'

interface Match { rule: number, msg: string, variable: string, value: string }
interface Found { ray: string, time_ms: number, host: string, method: string, path: string, client: string, action: string, score: number, matches: Match[], seq: number }
interface Rule { id: string, description?: string, expression: string, action: string, enabled?: boolean }
interface Ruleset { id: string, rules?: Rule[] }

// ---- rules of one's own

const FIELDS: [string, string, 'text' | 'number' | 'ip' | 'yes'][] = [
  ['http.request.uri.path', 'Path', 'text'], ['http.host', 'Host', 'text'], ['http.request.method', 'Method', 'text'], ['http.user_agent', 'User agent', 'text'],
  ['http.request.uri.query', 'Query', 'text'], ['http.referer', 'Referer', 'text'], ['http.cookie', 'Cookie', 'text'], ['ip.src', 'Address', 'ip']
]
const OPERATORS: Record<string, [string, string][]> = {
  text: [['eq', 'is'], ['ne', 'is not'], ['contains', 'contains'], ['starts_with', 'begins with'], ['ends_with', 'ends with']],
  ip: [['in', 'is in'], ['not in', 'is not in']]
}
const ACTIONS: [string, string][] = [['block', 'Block'], ['managed_challenge', 'Challenge'], ['js_challenge', 'Challenge by a program'], ['log', 'Log only'], ['skip', 'Skip other custom rules']]

interface Part { field: string, operator: string, value: string }

/** The expression of one line of the builder. Text is quoted as the language wants it. */
export function written (p: Part): string {
  const kind = FIELDS.find(f => f[0] === p.field)![2]
  if (kind === 'ip') return `${p.operator === 'not in' ? 'not ' : ''}${p.field} in {${p.value.trim().split(/[\s,]+/).join(' ')}}`
  const text = `"${p.value.replace(/\\/g, '\\\\').replace(/"/g, '\\"')}"`
  return p.operator.endsWith('_with') ? `${p.operator}(${p.field}, ${text})` : `${p.field} ${p.operator} ${text}`
}

function Builder ({ set }: { set: (expression: string) => void }) {
  const [parts, put] = useState<Part[]>([{ field: FIELDS[0][0], operator: 'starts_with', value: '' }])
  const [any, setAny] = useState('and')
  const change = (list: Part[], join = any) => {
    put(list)
    const good = list.filter(p => p.value.trim())
    set(good.length > 1 ? good.map(p => `(${written(p)})`).join(` ${join} `) : good.map(written).join(''))
  }
  return (
    <div class="builder wide">
      {parts.map((p, i) => {
        const kind = FIELDS.find(f => f[0] === p.field)![2]
        const one = (q: Partial<Part>) => change(parts.map((x, k) => k === i ? { ...x, ...q } : x))
        return (
          <div key={i} class="line">
            <select aria-label="Field" value={p.field} onChange={e => { const k = FIELDS.find(f => f[0] === e.currentTarget.value)![2]; one({ field: e.currentTarget.value, operator: OPERATORS[k][0][0] }) }}>{FIELDS.map(f => <option key={f[0]} value={f[0]}>{f[1]}</option>)}</select>
            <select aria-label="Comparison" value={p.operator} onChange={e => one({ operator: e.currentTarget.value })}>{OPERATORS[kind].map(o => <option key={o[0]} value={o[0]}>{o[1]}</option>)}</select>
            <input aria-label="Value" value={p.value} spellcheck={false} placeholder={kind === 'ip' ? '192.0.2.0/24 2001:db8::/32' : ''} onInput={e => one({ value: e.currentTarget.value })} />
            {parts.length > 1 && <button type="button" aria-label="Remove this condition" onClick={() => change(parts.filter((_, k) => k !== i))}>×</button>}
          </div>
        )
      })}
      <div class="line">
        <button type="button" onClick={() => change([...parts, { field: FIELDS[0][0], operator: 'eq', value: '' }])}>Add a condition</button>
        {parts.length > 1 && <select aria-label="How conditions are joined" value={any} onChange={e => { setAny(e.currentTarget.value); change(parts, e.currentTarget.value) }}><option value="and">all of them</option><option value="or">any of them</option></select>}
      </div>
    </div>
  )
}

function useRules (zone: ZoneRow, phase: string) {
  const path = `zones/${zone.id}/rulesets/phases/${phase}/entrypoint`
  const set = useLoad<Ruleset | null>(async () => {
    try { return (await cf<Ruleset>('GET', path)).result } catch (e) { if (e instanceof ApiError && e.status === 404) return null; throw e }
  }, [zone.id, phase])
  /** Adds a rule, in a set that is made when there is none. */
  const add = async (rule: Record<string, unknown>) => {
    if (set.data) await cf('POST', `zones/${zone.id}/rulesets/${set.data.id}/rules`, rule)
    else await cf('PUT', path, { rules: [rule] })
    await set.reload()
  }
  const one = (method: string, rule: Rule, body?: unknown) => cf(method, `zones/${zone.id}/rulesets/${set.data!.id}/rules/${rule.id}`, body)
  return { set, add, one }
}

function Rules ({ rules, label }: { rules: ReturnType<typeof useRules>, label: string }) {
  return (
    <Show of={rules.set}>
      {set => !set?.rules?.length
        ? <Empty>No rule yet.</Empty>
        : (
          <Table heads={['What', 'When', 'Action', 'On', '']} label={label}>
            {set.rules.map(r => (
              <tr key={r.id}>
                <td>{r.description || <span class="quiet">without a name</span>}</td>
                <td class="long"><code>{r.expression}</code></td>
                <td>{r.action}</td>
                <td><Switch hide label={`${r.description || r.expression} is on`} on={r.enabled !== false} set={async on => { await act(() => rules.one('PATCH', r, { ...r, enabled: on }), 'Saved.'); await rules.set.reload() }} /></td>
                <td><Sure label="Delete" button="Delete rule" question={<code>{r.expression}</code>} does={async () => { await rules.one('DELETE', r); await rules.set.reload() }} /></td>
              </tr>
            ))}
          </Table>
          )}
    </Show>
  )
}

function CustomRules ({ zone }: { zone: ZoneRow }) {
  const rules = useRules(zone, 'http_request_firewall_custom')
  const [description, setDescription] = useState('')
  const [expression, setExpression] = useState('')
  const [action, setAction] = useState('block')
  return (
    <Card title="Custom rules">
      <Rules rules={rules} label="Custom rules" />
      <details>
        <summary>Add a rule</summary>
        <Form button="Add rule" send={async () => {
          await rules.add({ description, expression, action, ...(action === 'skip' ? { action_parameters: { ruleset: 'current' } } : {}) })
          say('The rule is live.')
          setDescription('')
        }}>
          {() => (
            <>
              <Text label="Name" value={description} set={setDescription} />
              <Choice label="Action" value={action} set={setAction} of={ACTIONS} />
              <Builder set={setExpression} />
              <Text label="Expression" value={expression} set={setExpression} wide hint="Written by the conditions above, or by you; the node checks it." />
            </>
          )}
        </Form>
      </details>
    </Card>
  )
}

function RateLimits ({ zone }: { zone: ZoneRow }) {
  const rules = useRules(zone, 'http_ratelimit')
  const [path, setPath] = useState('/login')
  const [requests, setRequests] = useState('10')
  const [period, setPeriod] = useState('60')
  const [timeout, setTimeout_] = useState('600')
  return (
    <Card title="Rate limits">
      <Rules rules={rules} label="Rate limits" />
      <details>
        <summary>Add a limit</summary>
        <Form button="Add limit" send={async () => {
          await rules.add({
            description: `${requests} a ${period} s on ${path}`, expression: written({ field: 'http.request.uri.path', operator: 'starts_with', value: path }), action: 'block',
            ratelimit: { characteristics: ['cf.colo.id', 'ip.src'], period: Number(period), requests_per_period: Number(requests), mitigation_timeout: Number(timeout) }
          })
          say('The limit is live.')
        }}>
          {() => (
            <>
              <Text label="Path begins with" value={path} set={setPath} />
              <Text label="Requests of one address" inputMode="numeric" value={requests} set={setRequests} />
              <Choice label="In" value={period} set={setPeriod} of={[['10', '10 seconds'], ['60', '1 minute'], ['120', '2 minutes'], ['300', '5 minutes'], ['600', '10 minutes'], ['3600', '1 hour']]} />
              <Choice label="Then refused for" value={timeout} set={setTimeout_} of={[['10', '10 seconds'], ['60', '1 minute'], ['600', '10 minutes'], ['3600', '1 hour'], ['86400', '1 day']]} />
            </>
          )}
        </Form>
      </details>
    </Card>
  )
}

// ---- the firewall's engine

function finding (m: Match): boolean { return !!m.variable && !m.variable.startsWith('TX:') && !m.variable.startsWith('&') }

function Firewall ({ zone }: { zone: ZoneRow }) {
  const { s, put } = useSettings(zone)
  const events = useLoad(async () => (await cf<Found[]>('GET', `zones/${zone.id}/firewall/events?per_page=50`)).result, [zone.id], 5000)
  const excluded = useLoad(async () => (await cf<{ id: string, rule: number, path: string, parameter: string }[]>('GET', `zones/${zone.id}/firewall/waf/exclusions`)).result, [zone.id])
  return (
    <Card title="Firewall">
      <Show of={s}>
        {v => (
          <div class="settings">
            <Switch label="Refuse known breaches" on={v.waf === 'on'} set={on => put('waf', on ? 'on' : 'off', on ? 'Known breaches are refused.' : 'Known breaches pass.')} />
            <small>Requests such as those of Log4Shell, told by their heads. Managed rulesets of the phase <code>http_request_firewall_managed</code> take its place where a zone has them.</small>
          </div>
        )}
      </Show>
      <h3>What it found</h3>
      <Show of={events}>
        {list => list.length === 0
          ? <Empty>Nothing lately. The rules that a zone runs are named in <code>[waf] rules</code> and by managed rulesets.</Empty>
          : (
            <Table heads={['When', 'Request', 'What was found', 'Score', 'Action', '']} label="Events of the firewall">
              {list.map(e => (
                <tr key={e.seq}>
                  <td><When at={e.time_ms} /><br /><code class="quiet">{e.ray}</code></td>
                  <td class="long">{e.method} {e.host}{e.path}<br /><span class="quiet">{e.client}</span></td>
                  <td class="long">{e.matches.filter(finding).slice(0, 4).map((m, i) => <p key={i}><b>{m.rule}</b> {m.msg}<br /><code>{m.variable}</code> = <code>{m.value}</code></p>)}</td>
                  <td>{e.score}</td>
                  <td><Status kind={e.action === 'block' ? 'bad' : e.action === 'detect' ? 'warn' : 'calm'}>{e.action}</Status></td>
                  <td>
                    {e.matches.filter(finding).slice(0, 1).map(m => (
                      <Sure key={m.rule} label="Exclude" button="Exclude"
                        question={<>Rule {m.rule} is not asked about <code>{m.variable}</code> of {e.path.split('?')[0]} any more. Of the {list.length} events here, {list.filter(x => x.path.split('?')[0] === e.path.split('?')[0] && x.matches.some(y => y.rule === m.rule && y.variable === m.variable)).length} have this match; all others stay as they are.</>}
                        does={async () => { await cf('POST', `zones/${zone.id}/firewall/waf/exclusions`, { rule: m.rule, path: e.path.split('?')[0], parameter: m.variable, description: `from ${e.ray}` }); say('The exclusion is live.'); await excluded.reload() }} />
                    ))}
                  </td>
                </tr>
              ))}
            </Table>
            )}
      </Show>
      {!!excluded.data?.length && (
        <>
          <h3>Exclusions</h3>
          <Table heads={['Rule', 'Path', 'Parameter', '']} label="Exclusions">
            {excluded.data.map(x => <tr key={x.id}><td>{x.rule}</td><td>{x.path}</td><td><code>{x.parameter}</code></td><td><Sure label="Delete" button="Delete exclusion" question="The rule looks there again." does={async () => { await cf('DELETE', `zones/${zone.id}/firewall/waf/exclusions/${x.id}`); await excluded.reload() }} /></td></tr>)}
          </Table>
        </>
      )}
    </Card>
  )
}

// ---- attacks

function Shield ({ zone }: { zone: ZoneRow }) {
  const { s, put } = useSettings(zone)
  const events = useLoad(async () => (await cf<any[]>('GET', `zones/${zone.id}/shield/events?per_page=20`)).result, [zone.id], 5000)
  return (
    <Card title="Attacks">
      <Show of={s}>
        {v => (
          <div class="settings">
            <Switch label="Under attack" on={v.security_level === 'under_attack'} set={on => put('security_level', on ? 'under_attack' : 'medium', on ? 'Every unknown visitor has to pass a page first.' : 'Visitors are let in again.')} />
            <small>Every visitor without a pass works on a page for a moment before the site answers. Programs that cannot do that stay out.</small>
            <Choice label="Autopilot" value={v.autopilot} of={[['off', 'Off'], ['watch', 'Watch and tell'], ['act', 'Act']]} set={x => put('autopilot', x, 'Saved.')} hint="Sees floods by the pain of the origin, and holds back what separates them from the zone's usual visitors." />
            <Switch label="Browser check" on={v.browser_check === 'on'} set={on => put('browser_check', on ? 'on' : 'off', 'Saved.')} />
          </div>
        )}
      </Show>
      <Show of={events}>
        {list => list.length === 0
          ? <Empty>The autopilot has not had to do anything.</Empty>
          : (
            <Table heads={['When', 'What', 'Level', 'Requests', 'Latency', 'By']} label="Decisions of the autopilot">
              {list.map((e, i) => (
                <tr key={i}>
                  <td><When at={e.at} /></td><td>{String(e.event).replace(/_/g, ' ')}</td><td>{e.level}</td>
                  <td>{e.event === 'banned' ? <>{number(e.held)} held back <span class="quiet">banned for {number(Math.round(e.seconds / 60))} min</span></> : <>{number(Math.round(e.requests_per_second))}/s <span class="quiet">usually {number(Math.round(e.usual_per_second))}/s</span></>}</td>
                  <td>{Math.round(e.latency_ms)} ms <span class="quiet">usually {Math.round(e.usual_ms)} ms</span></td>
                  <td class="long">{(e.features ?? []).join(', ')}{e.request && <span class="quiet"> {e.request.method} {e.request.path} from {e.request.client}</span>}</td>
                </tr>
              ))}
            </Table>
            )}
      </Show>
    </Card>
  )
}

export function Security ({ zone }: { zone: ZoneRow }) {
  return <><Shield zone={zone} /><Firewall zone={zone} /><CustomRules zone={zone} /><RateLimits zone={zone} /></>
}
