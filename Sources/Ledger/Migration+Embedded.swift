extension Migration {
  /// The schema's history, from the files in `Sources/Ledger/Migrations`. Add each new file here.
  public static let embedded: [Migration] = [
    file(1, "tenants_and_cells", PackageResources._001_tenants_and_cells_sql),
    file(2, "campaigns_and_coupons", PackageResources._002_campaigns_and_coupons_sql),
    file(
      3, "campaigns_in_cells_of_their_tenant",
      PackageResources._003_campaigns_in_cells_of_their_tenant_sql),
    file(4, "stock_and_orders", PackageResources._004_stock_and_orders_sql),
    file(5, "stock_functions", PackageResources._005_stock_functions_sql),
    file(6, "rooms", PackageResources._006_rooms_sql),
    file(
      7, "settled_commands_and_empty_sales",
      PackageResources._007_settled_commands_and_empty_sales_sql),
    file(8, "coupon_keys", PackageResources._008_coupon_keys_sql),
    file(9, "idempotency", PackageResources._009_idempotency_sql),
    file(10, "order_terms", PackageResources._010_order_terms_sql),
    file(11, "exchange_rates", PackageResources._011_exchange_rates_sql),
    file(12, "order_keys", PackageResources._012_order_keys_sql),
    file(13, "carts", PackageResources._013_carts_sql),
    file(14, "order_totals", PackageResources._014_order_totals_sql),
    file(15, "catalog", PackageResources._015_catalog_sql),
    file(16, "wallets_and_payments", PackageResources._016_wallets_and_payments_sql),
    file(17, "wallet_functions", PackageResources._017_wallet_functions_sql),
    file(18, "payment_function", PackageResources._018_payment_function_sql),
    file(19, "order_line_keys", PackageResources._019_order_line_keys_sql),
    file(20, "plans_that_stay_good", PackageResources._020_plans_that_stay_good_sql),
    file(21, "locations", PackageResources._021_locations_sql),
    file(22, "stock_events", PackageResources._022_stock_events_sql),
    file(23, "refunds", PackageResources._023_refunds_sql),
    file(24, "coupon_recall", PackageResources._024_coupon_recall_sql),
    file(25, "returned_coupons", PackageResources._025_returned_coupons_sql),
    file(26, "money_mended", PackageResources._026_money_mended_sql),
    file(27, "what_is_not_sold", PackageResources._027_what_is_not_sold_sql),
    file(28, "orders_with_lines", PackageResources._028_orders_with_lines_sql),
    file(29, "coupons_taken_back", PackageResources._029_coupons_taken_back_sql),
    file(30, "orders_before_stock", PackageResources._030_orders_before_stock_sql),
    file(31, "products_before_stock", PackageResources._031_products_before_stock_sql),
    file(32, "payments_together", PackageResources._032_payments_together_sql),
    file(33, "orders_by_lists", PackageResources._033_orders_by_lists_sql),
    file(34, "only_what_expired", PackageResources._034_only_what_expired_sql),
    file(35, "nothing_due", PackageResources._035_nothing_due_sql),
    file(36, "trees_that_fit", PackageResources._036_trees_that_fit_sql),
    file(37, "sales_that_wait", PackageResources._037_sales_that_wait_sql),
    file(
      38, "sale_prices_of_a_currency", PackageResources._038_sale_prices_of_a_currency_sql),
    file(39, "emptied_wallets", PackageResources._039_emptied_wallets_sql),
    file(40, "stock_of_all_rounds", PackageResources._040_stock_of_all_rounds_sql),
    file(41, "short_checks", PackageResources._041_short_checks_sql),
    file(42, "payments_at_once", PackageResources._042_payments_at_once_sql),
    file(43, "lighter_payments", PackageResources._043_lighter_payments_sql),
    file(44, "narrower_payments", PackageResources._044_narrower_payments_sql),
    file(45, "orders_in_columns", PackageResources._045_orders_in_columns_sql),
    file(46, "shorter_stock_check", PackageResources._046_shorter_stock_check_sql),
    file(47, "plainer_payments", PackageResources._047_plainer_payments_sql),
    file(48, "vacuum_by_rows", PackageResources._048_vacuum_by_rows_sql),
    file(49, "locks_in_order", PackageResources._049_locks_in_order_sql),
    file(
      50, "refund_policy_and_taken_prices",
      PackageResources._050_refund_policy_and_taken_prices_sql),
    file(
      51, "looked_at_again_behind_locks", PackageResources._051_looked_at_again_behind_locks_sql),
    file(52, "prices_in_points", PackageResources._052_prices_in_points_sql),
    file(53, "holds_that_end", PackageResources._053_holds_that_end_sql),
    file(
      54, "recalled_when_the_row_is_held", PackageResources._054_recalled_when_the_row_is_held_sql),
    file(
      55, "campaigns_end_with_their_coupons",
      PackageResources._055_campaigns_end_with_their_coupons_sql),
    file(56, "key_salts", PackageResources._056_key_salts_sql),
    file(57, "keys_in_ids", PackageResources._057_keys_in_ids_sql),
  ]

  private static func file(_ number: Int, _ name: String, _ bytes: [UInt8]) -> Migration {
    Migration(number: number, name: name, sql: String(decoding: bytes, as: UTF8.self))
  }
}
