export function Brand() {
  return (
    <div className="brand">
      <img src="/icon.svg" alt="" />
      OpenLFR
    </div>
  );
}
