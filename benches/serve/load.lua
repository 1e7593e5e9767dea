-- Sends the requests of a file in order, over and over, and checks the answers.
--
--   wrk … -s load.lua URL -- FILE
--
-- A line of FILE is one request: its token, or nothing; a tab; and the expected answer, which is the
-- status, the user that it names, and the body. In a refusal, every number of the body is replaced by 0.
--
-- wrk does not say which request an answer belongs to: with many connections, answers overtake each
-- other. So `waiting` counts, for each expected answer, the requests that wait for it. A request adds
-- one, an answer takes one away, and an answer that no request waits for is wrong. A wrong answer that
-- another request waits for is noticed later: when that one's own answer comes, and none waits for it
-- any more. Answers name the user or the reason, so few requests wait for the same answer. Only a mix-up
-- of two expected answers among the last ones under way can go unnoticed.

local requests, due, count = {}, {}, 0
local waiting = {}
local next_request, is_rehearsal = 0, true
unexpected, examples = 0, ""

local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function init(arguments)
  for line in io.lines(arguments[1]) do
    local token, answer = line:match("^([^\t]*)\t(.*)$")
    local headers = {}
    if token ~= "" then headers["Authorization"] = "Bearer " .. token end
    count = count + 1
    requests[count] = wrk.format("GET", wrk.path, headers)
    due[count] = answer
    waiting[answer] = 0
  end
end

function request()
  -- wrk asks for one request beforehand, to see whether it is pipelined, and never sends it.
  if is_rehearsal then
    is_rehearsal = false
    return requests[1]
  end
  next_request = next_request % count + 1
  local answer = due[next_request]
  waiting[answer] = waiting[answer] + 1
  return requests[next_request]
end

function response(status, headers, body)
  body = body:gsub("%s+$", "")
  -- Some refusals contain the time.
  if status ~= 200 then body = body:gsub("%d+", "0") end
  local answer = status .. " " .. (headers["x-auth-request-user"] or "") .. " " .. body
  local pending = waiting[answer]
  if pending and pending > 0 then
    waiting[answer] = pending - 1
    return
  end
  unexpected = unexpected + 1
  if unexpected <= 3 then examples = examples .. answer:sub(1, 200):gsub("%s", " ") .. "\t" end
end

function done(summary, latency, _)
  local wrong, samples = 0, ""
  for _, thread in ipairs(threads) do
    wrong = wrong + thread:get("unexpected")
    samples = samples .. thread:get("examples")
  end
  local errors = summary.errors
  io.write(string.format(
    "\nRESULT\t%d\t%d\t%.1f\t%d\t%d\t%d\t%d\t%d\t%d\nUNEXPECTED\t%s\n",
    summary.requests, summary.duration, latency.mean, latency:percentile(99), wrong,
    errors.connect, errors.read, errors.write, errors.timeout, samples))
end
