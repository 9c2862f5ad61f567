internal import Lua
public import Redis

/// Every script with the interface that its header states.
///
/// A test reads each header and compares it with these lines, and another runs each script, so
/// neither the comment nor the caller can drift.
public struct CatalogedScript: Sendable {
  public let script: Script
  /// The names behind `KEYS:`, `ARGV:` and `RESULT:` in the header.
  public let keys: String
  public let arguments: String
  public let result: String

  init(_ name: String, _ source: [UInt8], keys: String, arguments: String, result: String) {
    script = Script(name: name, source: source)
    self.keys = keys
    self.arguments = arguments
    self.result = result
  }
}

public enum ScriptCatalog {
  public static let claim = CatalogedScript(
    "claim", ScriptSource.claim, keys: "lease stream (campaign holders)* (extra)*",
    arguments:
      "lease stream_limit groups (count detailed (user | user idempotency_key fingerprint rate_key eligible)*)*",
    result: "closed | full | decisions")

  public static let recallCoupons = CatalogedScript(
    "recall_coupons", ScriptSource.recallCoupons, keys: "lease stream holders (record)*",
    arguments: "lease recall user (sequence)*", result: "closed | marked")

  public static let chargeRates = CatalogedScript(
    "charge_rates", ScriptSource.chargeRates, keys: "(arrival)*",
    arguments:
      "policies (limit interval part burst burst_part shadow)* requests (action cost items (arrival policy)*)*",
    result: "decisions")

  public static let putCampaign = CatalogedScript(
    "put_campaign", ScriptSource.putCampaign, keys: "campaign",
    arguments:
      "version id quantity limit opens closes rate_limit rate_window rate_burst rate_scope channel",
    result: "applied")

  public static let closeCell = CatalogedScript(
    "close_cell", ScriptSource.closeCell, keys: "lease rebuild stream complete trimmed",
    arguments: "nonce", result: "state")

  public static let openCell = CatalogedScript(
    "open_cell", ScriptSource.openCell, keys: "lease rebuild stream complete trimmed told",
    arguments: "nonce lease cursor contents channel", result: "opened")

  public static let clearCell = CatalogedScript(
    "clear_cell", ScriptSource.clearCell, keys: "rebuild complete (contents)*",
    arguments: "nonce", result: "cleared")

  public static let loadHash = CatalogedScript(
    "load_hash", ScriptSource.loadHash, keys: "rebuild hash", arguments: "nonce (field value)*",
    result: "loaded")

  public static let loadRecords = CatalogedScript(
    "load_records", ScriptSource.loadRecords, keys: "rebuild (record)*",
    arguments: "nonce (value milliseconds)*", result: "loaded")

  public static let loadAnswers = CatalogedScript(
    "load_answers", ScriptSource.loadAnswers, keys: "rebuild answers",
    arguments: "nonce expires (key answer)*", result: "loaded")

  public static let loadPopular = CatalogedScript(
    "load_popular", ScriptSource.loadPopular, keys: "rebuild popular",
    arguments: "nonce expires (pieces product)*", result: "loaded")

  public static let trimStream = CatalogedScript(
    "trim_stream", ScriptSource.trimStream, keys: "stream trimmed",
    arguments: "below oldest excess", result: "state")

  public static let reserve = CatalogedScript(
    "reserve", ScriptSource.reserve,
    keys:
      "lease stream reserved popular_0 popular_1 popular_2 popular_3 popular_4 answers_0 answers_1 answers_2 (sale (stock bought)* (rate)*)*",
    arguments:
      "lease stream_limit is_distinct groups (scope market life skus rates baskets (fingerprint terms lines (sku quantity)*)* orders (key)* (user)* (basket)*)*",
    result: "closed | full | decisions")

  public static let settleOrders = CatalogedScript(
    "settle_orders", ScriptSource.settleOrders,
    keys:
      "lease stream reserved popular_0 popular_1 popular_2 popular_3 popular_4 answers_0 answers_1 answers_2 (stock bought)*",
    arguments:
      "lease channel accounts (account)* (action order scope)*",
    result: "closed | settled")

  public static let putStock = CatalogedScript(
    "put_stock", ScriptSource.putStock,
    keys:
      "lease stream stock",
    arguments:
      "lease version sku product received price currency limit scope channel",
    result: "closed | applied")

  public static let putSale = CatalogedScript(
    "put_sale", ScriptSource.putSale,
    keys:
      "lease stream sale",
    arguments:
      "lease version id opens closes ready rate_limit rate_window rate_burst rate_scope channel",
    result: "closed | applied")

  public static let takeStock = CatalogedScript(
    "take_stock", ScriptSource.takeStock,
    keys:
      "lease stream stock taken",
    arguments:
      "lease stream_limit movement scope wanted",
    result: "taken")

  public static let beginRequest = CatalogedScript(
    "begin_request", ScriptSource.beginRequest, keys: "record",
    arguments: "fingerprint owner lease", result: "state")

  public static let finishRequest = CatalogedScript(
    "finish_request", ScriptSource.finishRequest, keys: "record",
    arguments: "fingerprint owner response", result: "saved")

  /// All of them, for tests and for loading ahead.
  public static let all =
    [
      claim, recallCoupons, chargeRates, putCampaign, closeCell, openCell, clearCell, loadHash,
      loadRecords,
      loadPopular, loadAnswers, trimStream, reserve, settleOrders, putStock, putSale, takeStock,
      beginRequest, finishRequest,
    ] + rooms
}
