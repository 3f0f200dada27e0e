-- SPDX-License-Identifier: Apache-2.0
-- What wrk measured, as one line of JSON (times in microseconds). Only done() is here: nothing runs for each request.
function done(summary, latency, requests)
   local e = summary.errors
   io.write(string.format(
      '\nJSON {"requests":%d,"wall_us":%d,"bytes":%d,"p50_us":%.0f,"p99_us":%.0f,"max_us":%.0f,' ..
      '"errors":{"connect":%d,"read":%d,"write":%d,"timeout":%d,"status":%d}}\n',
      summary.requests, summary.duration, summary.bytes, latency:percentile(50), latency:percentile(99), latency.max,
      e.connect, e.read, e.write, e.timeout, e.status))
end
