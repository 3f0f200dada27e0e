// SPDX-License-Identifier: Apache-2.0
// What visitors asked for: figures, and a chart over time. Its numbers are those of the API.
import { useState } from 'preact/hooks'
import { cf } from '../api'
import { Card, Empty, Show, Table, bytes, number, useLoad } from '../ui'

export interface Numbers { requests: number, bytes: number, cached: number, cached_bytes: number, threats: number, status: Record<string, number>, latency_us: { p50: number, p95: number, p99: number } }
interface Row extends Numbers { at: string }
interface Answer { by: string, since: string, until: string, totals: Numbers, series: Row[] }

const SPANS: [string, string, number][] = [['minute', 'Three hours', 60], ['hour', 'Three days', 3600], ['day', 'Sixty days', 86400]]
const LINES: [string, string, (r: Numbers) => number, (n: number) => string][] = [
  ['requests', 'Requests', r => r.requests, number], ['cached', 'From the cache', r => r.cached, number], ['bytes', 'Bytes', r => r.bytes, bytes],
  ['errors', 'Errors (5xx)', r => r.status['5xx'], number], ['threats', 'Kept away', r => r.threats, number], ['p95', 'Time (95 of 100)', r => r.latency_us.p95, time]
]
const WIDTH = 900; const HEIGHT = 200

function time (us: number): string { return us < 1000 ? `${us} µs` : us < 1000000 ? `${(us / 1000).toFixed(us < 10000 ? 1 : 0)} ms` : `${(us / 1000000).toFixed(1)} s` }

/** A bar for each span of time, also those without requests. */
function Chart ({ of, step, value, words, label }: { of: Answer, step: number, value: (r: Numbers) => number, words: (n: number) => string, label: string }) {
  const from = new Date(of.since).getTime() / 1000
  const n = Math.max(1, Math.ceil((new Date(of.until).getTime() / 1000 - from) / step))
  const most = Math.max(1, ...of.series.map(value))
  const w = WIDTH / n
  return (
    <figure class="wide">
      <figcaption class="quiet">{label}, at most {words(most)} a {of.by}</figcaption>
      <svg class="chart" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={`${label} over time; the table below has the numbers`}>
        {of.series.map(r => {
          const h = Math.max(value(r) ? 2 : 0, value(r) / most * HEIGHT)
          return <rect key={r.at} x={(new Date(r.at).getTime() / 1000 - from) / step * w} y={HEIGHT - h} width={Math.max(1, w - 1)} height={h}><title>{`${new Date(r.at).toLocaleString()}: ${words(value(r))}`}</title></rect>
        })}
      </svg>
      <div class="axis quiet"><span>{new Date(of.since).toLocaleString()}</span><span>{new Date(of.until).toLocaleString()}</span></div>
    </figure>
  )
}

type Top = Record<'path' | 'network' | 'agent', { value: string, requests: number }[]>

/** What was asked for most: estimates, once a minute. */
export function Tops ({ path }: { path: string }) {
  const [days, setDays] = useState('1')
  const top = useLoad(async () => (await cf<Top>('GET', `${path}/top?days=${days}`)).result, [path, days], 15000)
  return (
    <Card title="Asked for most" more={<span class="actions"><select aria-label="Of how many days" value={days} onChange={e => setDays(e.currentTarget.value)}><option value="1">Today</option><option value="7">Seven days</option><option value="30">Thirty days</option></select></span>}>
      <Show of={top}>
        {t => t.path.length === 0
          ? <Empty>Nothing yet; it is written down once a minute.</Empty>
          : (
            <>
              {([['path', 'Path'], ['network', 'Network'], ['agent', 'Program']] as const).map(([kind, title]) => (
                <Table key={kind} heads={[title, 'Requests, about']} label={`${title}s by requests`}>
                  {t[kind].map(v => <tr key={v.value}><td class="long">{v.value || '–'}</td><td>{number(v.requests)}</td></tr>)}
                </Table>
              ))}
            </>
            )}
      </Show>
    </Card>
  )
}

interface Report { data: { dimensions: string[], metrics: number[] }[], totals: { queryCount: number } }

/** Answers of the name servers, by type and by how they ended. */
export function Questions ({ path }: { path: string }) {
  const got = useLoad(async () => Promise.all(['queryType', 'responseCode'].map(async d => (await cf<Report>('GET', `${path}/dns_analytics/report?dimensions=${d}`)).result)), [path], 15000)
  return (
    <Card title="Questions to the name servers">
      <Show of={got}>
        {([types, codes]) => types.totals.queryCount === 0
          ? <Empty>None since the edges began.</Empty>
          : (
            <>
              <p>{number(types.totals.queryCount)} since the edges began.</p>
              {([['Type', types], ['Answer', codes]] as const).map(([title, report]) => (
                <Table key={title} heads={[title, 'Questions']} label={`Questions by ${title.toLowerCase()}`}>
                  {report.data.slice().sort((a, b) => b.metrics[0] - a.metrics[0]).map(r => <tr key={r.dimensions[0]}><td>{r.dimensions[0]}</td><td>{number(r.metrics[0])}</td></tr>)}
                </Table>
              ))}
            </>
            )}
      </Show>
    </Card>
  )
}

export function Analytics ({ path }: { path: string }) {
  const [by, setBy] = useState('minute')
  const [line, setLine] = useState('requests')
  const got = useLoad(async () => (await cf<Answer>('GET', `${path}?by=${by}`)).result, [path, by], 5000)
  const [, title, value, words] = LINES.find(l => l[0] === line)!
  const step = SPANS.find(s => s[0] === by)![2]
  return (
    <Card title="What visitors asked for" more={(
      <span class="actions">
        <select aria-label="What the chart shows" value={line} onChange={e => setLine(e.currentTarget.value)}>{LINES.map(l => <option key={l[0]} value={l[0]}>{l[1]}</option>)}</select>
        <select aria-label="How far back" value={by} onChange={e => setBy(e.currentTarget.value)}>{SPANS.map(s => <option key={s[0]} value={s[0]}>{s[1]}</option>)}</select>
      </span>
    )}>
      <Show of={got}>
        {a => (
          <>
            <dl class="figures">
              {LINES.map(l => <div key={l[0]}><dt>{l[1]}</dt><dd>{l[3](l[2](a.totals))}</dd></div>)}
            </dl>
            <Chart of={a} step={step} value={value} words={words} label={title} />
            {a.series.length === 0
              ? <Empty>No visitor asked for anything in this time.</Empty>
              : (
                <details>
                  <summary>The numbers</summary>
                  <Table heads={['From', ...LINES.map(l => l[1])]} label="Numbers over time">
                    {a.series.slice(-200).reverse().map(r => <tr key={r.at}><td>{new Date(r.at).toLocaleString()}</td>{LINES.map(l => <td key={l[0]}>{l[3](l[2](r))}</td>)}</tr>)}
                  </Table>
                </details>
                )}
          </>
        )}
      </Show>
    </Card>
  )
}
