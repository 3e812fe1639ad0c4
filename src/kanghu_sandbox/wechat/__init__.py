"""WeChat as an official account and a mini-program meet it: api.weixin.qq.com, the callbacks, OAuth, and customers' phones."""
