// SPDX-License-Identifier: Apache-2.0
import { useState } from 'preact/hooks'
import { ApiError, type Session, signIn } from '../api'
import { Form, Text } from '../ui'

/** The API says that a code is wanted, or that this one is wrong. */
const WANTS_CODE = 10431

export function SignIn ({ done }: { done: (s: Session) => void }) {
  const [person, setPerson] = useState(localStorage.getItem('signin') === 'person')
  const [token, setToken] = useState('')
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const [code, setCode] = useState('')
  const [second, setSecond] = useState(false)
  const send = async () => {
    if (!person) { done(await signIn({ token: token.trim() })); return }
    try {
      done(await signIn({ email: email.trim(), password, ...second && { code: code.replaceAll(' ', '') } }))
    } catch (e) {
      const asked = e instanceof ApiError && e.problems.some(p => p.code === WANTS_CODE)
      if (!asked || second) throw e
      setSecond(true) // the field says what is wanted
    }
  }
  return (
    <main id="main" class="signin">
      <div class="card">
        <h1><img src="/ui/icon.svg" alt="" width="32" height="32" /> Seawall</h1>
        <Form button="Sign in" send={send}>
          {about => person
            ? (
              <>
                <Text label="E-mail address" type="email" autocomplete="username" wide value={email} set={v => { setEmail(v); setSecond(false) }} error={about('/email')} />
                <Text label="Password" type="password" autocomplete="current-password" wide value={password} set={v => { setPassword(v); setSecond(false) }} error={about('/password')} />
                {second && <Text label="Code" inputMode="text" autocomplete="one-time-code" autofocus wide value={code} set={setCode} error={about('/code')} hint="Six digits of your authenticator, or one of your recovery codes." />}
              </>
              )
            : (
              <Text label="API token" type="password" autocomplete="current-password" wide value={token} set={setToken} error={about('/token')}
                hint={<>The administrator's is in <code>DATA/admin.token</code> on the node; <code>seawall tokens create</code> makes others.</>} />
              )}
        </Form>
        <button type="button" class="plain" onClick={() => { localStorage.setItem('signin', person ? 'token' : 'person'); setPerson(!person) }}>
          {person ? 'Use an API token' : 'Use e-mail address and password'}
        </button>
      </div>
    </main>
  )
}
