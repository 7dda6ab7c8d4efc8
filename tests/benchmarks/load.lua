-- One client of the load test: asks the dashboard for the figures of ever other members, periods and widths of bars.
-- Set by the environment: COOKIE, and BODY, the callback's body with @QUESTION@ in place of the question.
local presets = { "last_7_days", "last_30_days", "last_90_days", "this_quarter", "all_time" }
local grains = { "day", "week", "month" }
local body, cookie = os.getenv("BODY"), os.getenv("COOKIE")

function setup(thread) thread:set("seed", math.random(1e6)) end

function init() math.randomseed(seed) end

function request()
  if body == "" then return wrk.format("GET", nil, { Cookie = cookie }) end
  local question = string.format("user=m%d&preset=%s&grain=%s&tz=Europe/Berlin", math.random(0, 199),
    presets[math.random(#presets)], grains[math.random(#grains)])
  local headers = { Cookie = cookie, ["Content-Type"] = "application/json" }
  return wrk.format("POST", nil, headers, (body:gsub("@QUESTION@", question)))
end

function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.timeout + errors.status
  local ms = function(percentile) return latency:percentile(percentile) / 1000 end
  io.write(string.format("RESULT %.1f %.1f %.1f %.1f %d\n", summary.requests / (summary.duration / 1e6), ms(50), ms(95),
    ms(99), failed))
end
