import { expect, test } from "vitest";
import { hostOf, pictureSize, withLogin } from "../src/cameras/streams";

test("a login is put into an address so that nothing of it can be taken for the host or the path", () => {
  expect(withLogin("rtsp://10.0.0.7:554/main?a=1", "vi ewer", "p@ss:/w#rd?$&")).toBe(
    "rtsp://vi%20ewer:p%40ss%3A%2Fw%23rd%3F%24%26@10.0.0.7:554/main?a=1",
  );
  expect(withLogin("rtsp://10.0.0.7/main", "", "ignored")).toBe("rtsp://10.0.0.7/main");
});

test("what a camera did not say is not made up", () => {
  expect(pictureSize({ width_px: 1920, height_px: 1080 })).toBe("1920 × 1080");
  expect(pictureSize({ width_px: 0, height_px: 0 })).toBe("–");
  expect(hostOf("http://10.0.0.7:8080/onvif")).toBe("10.0.0.7:8080");
  expect(hostOf("no address")).toBe("no address");
});
