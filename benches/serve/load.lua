-- Sends the requests of a file in their order, over and over, and checks the answers.
--
--   wrk … -s load.lua URL -- FILE
--
-- A line of FILE is one request: its token, or nothing; a tab; and the answer that it must get: the
-- status, whom the answer names, and its body, in which every number is 0 if it is a refusal.
--
-- wrk does not say which request an answer belongs to: with many connections, answers overtake each
-- other. So there are books. A request enters the answer that it must get; an answer must be in the
-- books, and is taken out. A wrong answer is either one that no request must get, or it is taken out
-- instead of another's, which is missing when that one comes and nobody else waits for the same.
-- Since answers name the user, or else the reason, few wait for the same. Only a confusion of two
-- expected answers among the last ones under way can go unnoticed.

local requests, due, count = {}, {}, 0
local books = {}
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
    books[answer] = 0
  end
end

function request()
  -- The first request is for wrk itself, to see whether it is pipelined. It is never sent.
  if is_rehearsal then
    is_rehearsal = false
    return requests[1]
  end
  next_request = next_request % count + 1
  local answer = due[next_request]
  books[answer] = books[answer] + 1
  return requests[next_request]
end

function response(status, headers, body)
  body = body:gsub("%s+$", "")
  -- Some refusals tell the time.
  if status ~= 200 then body = body:gsub("%d+", "0") end
  local answer = status .. " " .. (headers["x-auth-request-user"] or "") .. " " .. body
  local waiting = books[answer]
  if waiting and waiting > 0 then
    books[answer] = waiting - 1
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
