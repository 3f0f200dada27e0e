// SPDX-License-Identifier: Apache-2.0
// The cache of a zone: purging, and how long copies live.
import { useState } from 'preact/hooks'
import { cf } from '../api'
import { Card, Choice, Field, Form, Show, Sure, Switch, say } from '../ui'
import { useSettings } from './zone_ssl'
import type { ZoneRow } from './zones'

const KINDS: [string, string, string][] = [
  ['files', 'By URL', 'https://www.example.com/static/app.css'], ['prefixes', 'By prefix', 'www.example.com/static/'],
  ['hosts', 'By host', 'www.example.com'], ['tags', 'By tag (Cache-Tag)', 'product-42']
]
const AGES: [string, string][] = [['0', 'As the origin says'], ['1800', '30 minutes'], ['3600', '1 hour'], ['14400', '4 hours'], ['86400', '1 day'], ['604800', '1 week'], ['2678400', '1 month'], ['31536000', '1 year']]

function Purge ({ zone }: { zone: ZoneRow }) {
  const [kind, setKind] = useState('files')
  const [text, setText] = useState('')
  return (
    <Card title="Purge">
      <Form button="Purge" send={async () => {
        const list = text.split('\n').map(x => x.trim()).filter(Boolean)
        const t = performance.now()
        await cf('POST', `zones/${zone.id}/purge_cache`, { [kind]: list })
        say(`Purged on every edge in ${Math.round(performance.now() - t)} ms.`)
        setText('')
      }}>
        {about => (
          <>
            <Choice label="What" value={kind} set={setKind} of={KINDS.map(k => [k[0], k[1]] as [string, string])} />
            <Field label="One a line" wide error={about(`/${kind}`)}>
              {p => <textarea {...p} rows={4} spellcheck={false} value={text} placeholder={KINDS.find(k => k[0] === kind)![2]} onInput={e => setText(e.currentTarget.value)} />}
            </Field>
          </>
        )}
      </Form>
      <Sure label="Purge everything" button="Purge everything" question={<>Every copy of {zone.name} goes; the origins get every request until there are new ones.</>}
        does={async () => { await cf('POST', `zones/${zone.id}/purge_cache`, { purge_everything: true }); say('Everything is purged on every edge.') }} />
    </Card>
  )
}

export function Caching ({ zone }: { zone: ZoneRow }) {
  const { s, put } = useSettings(zone)
  return (
    <>
      <Purge zone={zone} />
      <Show of={s}>
        {v => (
          <Card title="Copies">
            <div class="settings">
              <Choice label="Query strings" value={v.cache_level} of={[['aggressive', 'A copy for each query string'], ['basic', 'Only without a query string'], ['simplified', 'The same copy for all']]} set={x => put('cache_level', x, 'Saved.')} />
              <Choice label="Browsers keep copies" value={String(v.browser_cache_ttl)} of={AGES.some(a => a[0] === String(v.browser_cache_ttl)) ? AGES : [...AGES, [String(v.browser_cache_ttl), `${v.browser_cache_ttl} s`]]} set={x => put('browser_cache_ttl', Number(x), 'Saved.')} />
              <Switch label="Development mode" on={v.development_mode === 'on'} set={on => put('development_mode', on ? 'on' : 'off', on ? 'The cache is left alone for three hours.' : 'The cache is used again.')} />
              <small>For three hours every request goes to the origin.</small>
              <Switch label="Always online" on={v.always_online === 'on'} set={on => put('always_online', on ? 'on' : 'off', 'Saved.')} />
              <small>Old copies stand in while the origin fails.</small>
            </div>
          </Card>
        )}
      </Show>
    </>
  )
}
