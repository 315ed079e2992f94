-- What `wrk` sends: requests as they are in a file, each after a line with its length.
-- Arguments: the file, which request comes first, `turns` or `skewed`, and after how many to stop; 0 for
-- not until the time is over.

local requests, count, turn, left, skewed = {}, 0, 0, 0, false

function init(arguments)
  local file = assert(io.open(arguments[1], "rb"))
  for length in function() return file:read("*l") end do
    requests[count] = file:read(tonumber(length))
    file:read("*l")
    count = count + 1
  end
  file:close()
  turn = tonumber(arguments[2]) % count
  skewed = arguments[3] == "skewed"
  left = tonumber(arguments[4])
  if left == 0 then
    left = math.huge
  end
end

function request()
  if skewed then
    return requests[math.floor(count * math.random() ^ 2)]
  end
  if left <= 0 then
    wrk.thread:stop()
  end
  left = left - 1
  turn = (turn + 1) % count
  return requests[turn]
end

function done(summary)
  local errors = summary.errors
  io.write(string.format('\n{"requests":%d,"micros":%d,"refused":%d,"broken":%d}\n',
    summary.requests, summary.duration, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout))
end
