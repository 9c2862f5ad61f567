public import Services

/// All routes of the engine, declared once.
public enum SpillwayRoutes {
  public static let table = RouteTable<Node>(
    ClaimRoutes.all + CampaignRoutes.all + CellRoutes.all + TicketRoutes.all + RoomRoutes.all
      + WaitingRoutes.all)
}
