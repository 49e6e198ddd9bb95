-- Handshakes of FOG Clients that were prepared before (handshake-storm.ts): one a line, the path and the form, tab-separated; before each, the certificate
-- that a client fetches. Prints how many were answered with a sealed token, and how many calls otherwise than they should.
local forms = {}
local at = 0
local threads = {}
good = 0
bad = 0

function setup(thread)
  threads[#threads + 1] = thread
end

function init(args)
  for line in io.lines(args[1]) do
    local path, form = line:match("^(%S+)\t(%S+)$")
    local headers = { ["Content-Type"] = "application/x-www-form-urlencoded" }
    forms[#forms + 1] = wrk.format("GET", "/fog/management/other/ssl/srvpublic.crt")
    forms[#forms + 1] = wrk.format("POST", path, headers, form)
  end
end

function request()
  at = at % #forms + 1
  return forms[at]
end

function response(status, headers, body)
  if body:sub(1, 4) == "#!en" then
    good = good + 1
  elseif status ~= 200 or not body:find("BEGIN CERTIFICATE", 1, true) then
    bad = bad + 1
  end
end

function done()
  local sums = { good = 0, bad = 0 }
  for _, thread in ipairs(threads) do
    for name, sum in pairs(sums) do
      sums[name] = sum + thread:get(name)
    end
  end
  io.write(string.format("%d sealed, %d otherwise\n", sums.good, sums.bad))
end
