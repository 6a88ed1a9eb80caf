-- For wrk: the request of the echo service.
wrk.method = "POST"
wrk.headers["content-type"] = "application/json"
wrk.body = '{"customer":"Ada Lovelace","lines":[{"item":"lamp","price":19.5,"count":2},'
  .. '{"item":"chair","price":80,"count":4},{"item":"table","price":250.25,"count":1}]}'
