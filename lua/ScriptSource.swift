/// The text of every Redis script, embedded in the binary.
public enum ScriptSource {
  public static let claim = PackageResources.claim_lua
  public static let recallCoupons = PackageResources.recall_coupons_lua
  public static let chargeRates = PackageResources.charge_rates_lua
  public static let putCampaign = PackageResources.put_campaign_lua
  public static let closeCell = PackageResources.close_cell_lua
  public static let openCell = PackageResources.open_cell_lua
  public static let clearCell = PackageResources.clear_cell_lua
  public static let loadHash = PackageResources.load_hash_lua
  public static let loadRecords = PackageResources.load_records_lua
  public static let loadAnswers = PackageResources.load_answers_lua
  public static let loadPopular = PackageResources.load_popular_lua
  public static let trimStream = PackageResources.trim_stream_lua
  public static let reserve = PackageResources.reserve_lua
  public static let settleOrders = PackageResources.settle_orders_lua
  public static let putStock = PackageResources.put_stock_lua
  public static let putSale = PackageResources.put_sale_lua
  public static let takeStock = PackageResources.take_stock_lua
  public static let beginRequest = PackageResources.begin_request_lua
  public static let finishRequest = PackageResources.finish_request_lua
}
