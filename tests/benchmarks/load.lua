-- One client of the load test: a host's page again and again, or the figures of ever other members, periods and widths
-- of bars, a second apart like somebody who plays with the filters; where the server says so, asked again later.
-- Set by the environment: COOKIE, and BODY, the callback's body with @QUESTION@ in place of the question.
local presets = { "last_7_days", "last_30_days", "last_90_days", "this_quarter", "all_time" }
local grains = { "day", "week", "month" }
local body, cookie = os.getenv("BODY"), os.getenv("COOKIE")
local threads = {}

function setup(thread)
  thread:set("seed", math.random(1e6))
  table.insert(threads, thread)
end

function init()
  math.randomseed(seed)
  later = 0
end

function delay() return body == "" and 0 or math.random(500, 1500) end

function request()
  if body == "" then return wrk.format("GET", nil, { Cookie = cookie }) end
  local question = string.format("user=m%d&preset=%s&grain=%s&tz=Europe/Berlin", math.random(0, 199),
    presets[math.random(#presets)], grains[math.random(#grains)])
  local headers = { Cookie = cookie, ["Content-Type"] = "application/json" }
  return wrk.format("POST", nil, headers, (body:gsub("@QUESTION@", question)))
end

function response(status)
  if status == 503 then later = later + 1 end
end

function done(summary, latency)
  local again = 0
  for _, thread in ipairs(threads) do again = again + thread:get("later") end
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.timeout + errors.status - again
  local ms = function(percentile) return latency:percentile(percentile) / 1000 end
  local rate = (summary.requests - again) / (summary.duration / 1e6)
  io.write(string.format("RESULT %.1f %.1f %.1f %.1f %d %d\n", rate, ms(50), ms(95), ms(99), again, failed))
end
