public import Services

/// All routes of the engine, declared once.
public enum SpillwayRoutes {
  public static let table = RouteTable<Node>(
    ClaimRoutes.all + OrderRoutes.all + PaymentRoutes.all + OrderReturnRoutes.all
      + OrderAdminRoutes.all + ReceiptRoutes.all + WalletRoutes.all + HoldRoutes.all
      + StockRoutes.all
      + CampaignRoutes.all + RecallRoutes.all + CouponRoutes.all + SaleRoutes.all
      + ProductRoutes.all + CellRoutes.all + TicketRoutes.all + RoomRoutes.all
      + RateSubjectRoutes.all + WaitingRoutes.all + ExchangeRateRoutes.all + CartRoutes.all
      + CategoryRoutes.all + LocationRoutes.all + CatalogRoutes.all + NotificationRoutes.all)
}
