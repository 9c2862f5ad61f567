extension ScriptSource {
  public static let putRoom = PackageResources.put_room_lua
  public static let joinRoom = PackageResources.join_room_lua
  public static let seeTickets = PackageResources.see_tickets_lua
  public static let leaveRoom = PackageResources.leave_room_lua
  public static let admitTickets = PackageResources.admit_tickets_lua
  public static let drawTickets = PackageResources.draw_tickets_lua
}
