-- What `wrk` sends: requests that differ in their API key and in the address they come from.
-- Arguments: how many keys, which of them comes first, and `turns` or `skewed`.

local requests, count, turn, skewed = {}, 1, 0, false

function init(arguments)
  count = tonumber(arguments[1])
  turn = tonumber(arguments[2]) % count
  skewed = arguments[3] == "skewed"
  for number = 0, count - 1 do
    requests[number] = wrk.format("GET", nil, {
      ["Host"] = "gw.example",
      ["User-Agent"] = "wrk",
      ["Accept"] = "application/json",
      ["X-API-Key"] = string.format("key-number-%09d", number),
      ["X-Forwarded-For"] = string.format("10.1.%d.%d", number / 250 % 250, number % 250),
    })
  end
end

function request()
  if skewed then
    return requests[math.floor(count * math.random() ^ 2)]
  end
  turn = (turn + 1) % count
  return requests[turn]
end

function done(summary)
  local errors = summary.errors
  io.write(string.format('\n{"requests":%d,"micros":%d,"refused":%d,"broken":%d}\n',
    summary.requests, summary.duration, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout))
end
