-- Requests of a file, one a line (method, path, body; tab-separated), round and round.
local requests = {}
local at = 0

function init(args)
  for line in io.lines(args[1]) do
    local method, path, body = line:match("^(%S+)\t(%S+)\t(.*)$")
    local headers = { ["Content-Type"] = "application/x-www-form-urlencoded" }
    requests[#requests + 1] = wrk.format(method, path, headers, method == "POST" and body or nil)
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end
